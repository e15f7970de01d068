/** Which machines a user sees, with and without forwards, and what is said of their past. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKernellessGateway, type TestGateway, tokenOf } from "../support/gateway.js";

let gw: TestGateway;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  gw = await startKernellessGateway({
    more: `machines:
  - { name: build1, addr: 192.168.1.11, component: CentOS }
  - { name: nas, addr: "fd00:1:0::5" }`,
  });
  for (const user of ["ada", "ben"]) tokens[user] = await tokenOf(user);
  tokens.root = await tokenOf("root", ["admin"]);
});
afterAll(() => gw?.stop());

const get = async (user: string, path: string) => (await gw.ask(path, { token: String(tokens[user]) })).json;
const names = async (user: string) =>
  (await get(user, "/v1/machines")).machines.map(
    ({ name, addr, listed, conn_ports }: Record<string, unknown>) => `${name} ${addr} ${listed} ${conn_ports}`,
  );
const open = async (user: string, more: object) => {
  const body = {
    target_name: "win",
    target_addr: "192.168.1.12",
    target_port: 3389,
    target_component: "Windows",
    ...more,
  };
  return (await gw.ask("/v1/forwards", { method: "POST", token: String(tokens[user]), body })).json.conn_port;
};

test("machines of gateway.yaml are there for every user; others for those who have or had a forward to them", async () => {
  const listed = ["build1 192.168.1.11 true ", "nas fd00:1::5 true "];
  expect(await names("ben")).toEqual(listed);
  const port = await open("ada", {});
  expect(await names("ada")).toEqual([...listed, `win 192.168.1.12 false ${port}`]);
  expect(await names("ben")).toEqual(listed);
  await gw.ask(`/v1/forwards/${port}`, { method: "DELETE", token: String(tokens.ada) });
  expect(await names("ada")).toEqual([...listed, "win 192.168.1.12 false "]);
  expect(await names("ben")).toEqual(listed);
  expect(await names("root")).toEqual(await names("ada"));
  // vLab's client finds the addresses of machines there.
  expect(Object.keys((await get("ben", "/api/1/ipam/addr")).content)).toEqual(["build1", "nas"]);
});

test("a machine's past: who opened and closed what, and who used it; a user's own only, an admin's all", async () => {
  const [own, given] = [await open("ada", {}), await open("root", { owner: "ben", target_port: 22 })];
  const at = Date.now();
  const [forward] = await gw.gateway.forwards.list({ owner: "ada" });
  await gw.gateway.forwards.remove(given, undefined, "root");
  expect(forward?.connPort).toBe(own);
  const past = await get("root", "/v1/machines/192.168.1.12?since=1h");
  const brief = (document: typeof past) =>
    document.events
      .slice(-3)
      .map(({ event, by, owner, conn_port, target_port }: Record<string, unknown>) =>
        [event, by, owner, conn_port, target_port].join(" "),
      );
  expect(brief(past)).toEqual([
    `opened ada ada ${own} 3389`,
    `opened root ben ${given} 22`,
    `closed root ben ${given} 22`,
  ]);
  expect(Date.parse(past.events.at(-1).at)).toBeGreaterThanOrEqual(at);
  expect(past.users).toEqual([
    { user: "ada", forwards: 1, bytes: 0, connections: 0 },
    { user: "ben", forwards: 0, bytes: 0, connections: 0 },
  ]);
  expect(brief(await get("ben", "/v1/machines/192.168.1.12"))).toEqual([
    `opened root ben ${given} 22`,
    `closed root ben ${given} 22`,
  ]);
  expect((await get("ben", "/v1/machines/192.168.1.12")).users.map(({ user }: { user: string }) => user)).toEqual([
    "ben",
  ]);
  expect(await get("ben", "/v1/machines/192.168.1.11")).toMatchObject({ events: [], users: [] });
  // The worker looks at it without a forward. Its fping finds nothing here.
  const history = async () => (await get("ben", "/v1/machines/192.168.1.11")).history;
  await expect.poll(history).toEqual([{ at: expect.any(String), routable: false }]);
  expect((await get("ben", "/v1/machines/192.168.1.99")).detail).toBe(
    "you have no forward to this address, and gateway.yaml does not name it",
  );
});

test("usage by machine: a text that is no address matches nothing", async () => {
  for (const addr of ["192.168.1.12", "%00", "nonsense"]) {
    expect((await get("ada", `/v1/usage?target_addr=${addr}`)).samples).toEqual([]);
  }
});
