import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Forward } from "../../../gateway/forwards/forward.js";
import { ForwardHistory } from "../../../gateway/logs/forward-history.js";
import type { Packet } from "../../../gateway/logs/record.js";
import { Cidr } from "../../../net/cidr.js";

let number = 0;
function forward(own: Partial<Forward> = {}): Forward {
  number += 1;
  return {
    id: `f${number}`,
    connPort: 50_000 + number,
    protocol: "tcp",
    targetAddr: "192.168.1.11",
    targetPort: 22,
    targetName: "lab1",
    targetComponent: "CentOS",
    owner: "ann",
    sources: [],
    createdAt: 100_000,
    ...own,
  };
}
const packet = (own: Partial<Packet> = {}): Packet => ({
  time: 200_000,
  source: "198.51.100.7",
  target: "192.168.1.11",
  protocol: "tcp",
  sourcePort: 40_000,
  targetPort: 22,
  in: "wan0",
  out: "lan0",
  ...own,
});
const belongs = ({ id, owner, connPort }: Forward) => ({ user: owner, forwardId: id, connPort });

describe("whose packet it was", () => {
  test("V-32 the forward's that leads there, and its owner's", () => {
    const history = new ForwardHistory();
    const ssh = forward();
    history.update([ssh, forward({ targetPort: 443, owner: "bob" }), forward({ protocol: "udp", owner: "bob" })], 0);
    expect(history.find(packet())).toEqual(belongs(ssh));
    expect(history.find(packet({ target: "192.168.1.12" }))).toEqual({});
  });

  test("V-32 of a time when another had the same target, the other's", () => {
    const history = new ForwardHistory();
    const first = forward({ owner: "ann", createdAt: 100_000 });
    const second = forward({ owner: "bob", createdAt: 300_000 });
    history.update([first], 150_000);
    history.update([second], 290_000);
    expect(history.find(packet({ time: 200_000 }))).toEqual(belongs(first));
    expect(history.find(packet({ time: 300_000 }))).toEqual(belongs(second));
    // A clock that is a second off; and before anything was there.
    expect(history.find(packet({ time: 99_000 }))).toEqual(belongs(first));
    expect(history.find(packet({ time: 50_000 }))).toEqual({});
  });

  test("of two forwards to the same place, the one that admits the source", () => {
    const history = new ForwardHistory();
    const ann = forward({ owner: "ann", sources: ["198.51.100.7/32"] });
    const bob = forward({ owner: "bob", sources: ["198.51.100.8/31", "2001:db8::/32"] });
    history.update([ann, bob], 0);
    expect(history.find(packet())).toEqual(belongs(ann));
    expect(history.find(packet({ source: "198.51.100.9" }))).toEqual(belongs(bob));
  });

  test("where it cannot be told, nobody is named; of two forwards of one user, the user", () => {
    const history = new ForwardHistory();
    history.update([forward({ owner: "ann" }), forward({ owner: "ann" })], 0);
    expect(history.find(packet())).toEqual({ user: "ann" });
    history.update([...[1, 2].map(() => forward({ owner: "bob" })), forward({ owner: "ann" })], 150_000);
    expect(history.find(packet())).toEqual({});
  });

  test("what a machine sends by itself is its only user's", () => {
    const history = new ForwardHistory();
    history.update([forward({ owner: "ann" }), forward({ owner: "ann", targetPort: 443 })], 0);
    const outbound = packet({ source: "192.168.1.11", target: "203.0.113.5", targetPort: 443 });
    expect(history.find(outbound)).toEqual({ user: "ann" });
    history.update([forward({ owner: "ann" }), forward({ owner: "bob", targetPort: 443 })], 0);
    expect(history.find(outbound)).toEqual({});
  });

  test("a packet to the gateway's own address is found by the port that was dialled", () => {
    const history = new ForwardHistory({ gatewayAddresses: ["198.51.100.1"] });
    const ssh = forward();
    history.update([ssh], 0);
    const dialled = { targetPort: ssh.connPort };
    expect(history.find(packet({ ...dialled, target: "198.51.100.1" }))).toEqual(belongs(ssh));
    expect(history.find(packet({ ...dialled, target: "203.0.113.5" }))).toEqual({});
  });

  test("ended forwards are forgotten by age and by number, and survive a restart until then", () => {
    const history = new ForwardHistory({ keepMs: 1_000_000, keepCount: 2 });
    const forwards = [1, 2, 3].map((last) => forward({ targetAddr: `192.168.1.${last}` }));
    history.update(forwards, 150_000);
    expect(history.update([], 250_000)).toBe(true);
    const found = () => forwards.map(({ targetAddr }) => history.find(packet({ target: targetAddr })).forwardId);
    expect(found()).toEqual([undefined, forwards[1]?.id, forwards[2]?.id]);
    const restarted = new ForwardHistory();
    restarted.restore(JSON.parse(JSON.stringify(history.ended())));
    expect(restarted.find(packet({ target: "192.168.1.3" }))).toEqual(belongs(forwards[2] as Forward));
    history.update([], 2_000_000);
    expect(found()).toEqual([undefined, undefined, undefined]);
  });
});

test("G-09: the sources of a forward are parsed once, however many packets come", () => {
  const history = new ForwardHistory();
  // Two that fit, so that their sources decide.
  const first = forward({ sources: ["198.51.100.0/24"] });
  history.add(first);
  history.add(forward({ sources: ["203.0.113.0/24"] }));
  const parsing = vi.spyOn(Cidr, "around");
  onTestFinished(() => parsing.mockRestore());
  for (let count = 0; count < 100; count += 1) expect(history.find(packet())).toMatchObject({ forwardId: first.id });
  expect(parsing.mock.calls.length).toBeLessThanOrEqual(2);
});
