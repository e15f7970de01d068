/** What the table does to packets: real namespaces, real nft, real connections. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseBlocks } from "../../../gateway/forwards/block.js";
import type { Forward } from "../../../gateway/forwards/forward.js";
import type { Kernel, Reconciled } from "../../../gateway/nft/kernel.js";
import { openKernel } from "../../../gateway/nft/nft-kernel.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import {
  type ClientName,
  clientAddress,
  LAB_NETWORKS,
  LAN,
  Lab,
  labAddress,
  labAddress6,
  type MachineName,
  WAN,
} from "../support/lab.js";
import { greetingFrom, hold, probePort, serveEcho, serveUdpEcho, udpReply } from "../support/traffic.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

/** Sends a byte now and then, and says how the connection ended. */
const TALK = `
import socket, sys, time
c = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5); c.settimeout(10); c.recv(100); print("open", flush=True)
try:
    while True:
        c.sendall(b"x"); 
        if not c.recv(10): print("closed"); break
        time.sleep(0.05)
except Exception as e: print(type(e).__name__)
`;

describe.skipIf(!here)("the table in a lab of namespaces", () => {
  let lab: Lab;
  let kernel: Kernel;
  const repaired: Reconciled[] = [];
  let number = 0;

  const openWith = (nft: readonly string[]) =>
    openKernel(
      {
        wan: "wan0",
        lan: "lan0",
        labNetworks: parseBlocks(LAB_NETWORKS),
        ownPorts: [443],
        ports: { min: 50_000, max: 50_100 },
        logGroup: 5,
        onRepaired: (differing) => repaired.push(differing),
        onFailure: (error) => {
          throw error;
        },
      },
      { nft: lab.gateway.enter(nft), conntrack: lab.gateway.enter(["conntrack"]) },
    );

  beforeAll(async () => {
    lab = await Lab.open();
    kernel = await openWith(["nft"]);
    await Promise.all([
      serveEcho(lab.machine("lab1"), 2222),
      serveEcho(lab.machine("lab1"), 2226, "6"),
      serveUdpEcho(lab.machine("lab1")),
      serveEcho(lab.machine("lab2"), 2222),
      serveEcho(lab.machine("client1"), 8000),
    ]);
  });
  afterAll(async () => {
    await kernel?.close();
    await lab?.close();
  });
  beforeEach(async () => {
    await kernel.reconcile([]);
    repaired.length = 0;
  });

  function probe(from: ClientName | MachineName, address: string, port: number): Promise<string> {
    return probePort(lab.machine(from), address, port);
  }

  function greeting(from: ClientName | MachineName, address: string, port: number): Promise<string> {
    return greetingFrom(lab.machine(from), address, port);
  }
  function forward(connPort: number, more: Partial<Forward> = {}): Forward {
    number += 1;
    return {
      id: `f-${number}`,
      connPort,
      protocol: "tcp",
      targetAddr: labAddress("lab1"),
      targetPort: 2222,
      targetName: "lab1",
      targetComponent: "CentOS",
      owner: "ada",
      sources: [],
      createdAt: 0,
      ...more,
    };
  }

  test("V-20: a forward leads in, with the client's own address; without one no one gets in", async () => {
    expect(await probe("client1", WAN.address, 50_000)).toBe("TimeoutError");
    await kernel.add(forward(50_000));
    expect(await greeting("client1", WAN.address, 50_000)).toBe(`hello ${clientAddress("client1")}`);
    expect(await probe("client1", WAN.address, 50_001)).toBe("TimeoutError");
  });

  test("V-21: forwarding is dropped: a client that routes through the gateway reaches no lab machine", async () => {
    const client = lab.machine("client2");
    await client.runOk("ip", ["route", "add", "192.168.1.0/24", "via", WAN.address]);
    expect(await probe("client2", labAddress("lab1"), 2222)).toBe("TimeoutError");
    await kernel.add(forward(50_000));
    expect(await probe("client2", labAddress("lab1"), 2222)).toBe("TimeoutError");
    await client.runOk("ip", ["route", "del", "192.168.1.0/24"]);
  });

  test("V-21: the lab's own traffic goes out behind the gateway's address", async () => {
    expect(await greeting("lab3", clientAddress("client1"), 8000)).toBe(`hello ${WAN.address}`);
  });

  test("V-20: hairpin: a lab machine reaches another by the gateway's address", async () => {
    await kernel.add(forward(50_000));
    expect(await greeting("lab2", WAN.address, 50_000)).toBe(`hello ${LAN.address}`);
    expect(await greeting("lab1", WAN.address, 50_000)).toBe(`hello ${LAN.address}`);
    expect(await greeting("lab2", LAN.address, 50_000)).toBe(`hello ${LAN.address}`);
  });

  test("UDP and IPv6 carry data", async () => {
    await kernel.add(forward(50_000, { protocol: "udp", targetPort: 7 }));
    await kernel.add(forward(50_001, { targetAddr: labAddress6("lab1"), targetPort: 2226 }));
    expect(await udpReply(lab.machine("client1"), WAN.address, 50_000)).toBe("udp probe");
    expect(await greeting("client1", WAN.address6, 50_001)).toBe("hello 2001:db8:51::7");
    expect(await probe("client1", WAN.address, 50_001)).toBe("TimeoutError");
  });

  test("sources: only the named addresses get in", async () => {
    await kernel.add(forward(50_000, { sources: [`${clientAddress("client1")}/32`] }));
    await kernel.add(forward(50_001, { sources: ["10.0.0.0/8"] }));
    expect(await greeting("client1", WAN.address, 50_000)).toBe(`hello ${clientAddress("client1")}`);
    expect(await probe("client2", WAN.address, 50_000)).toBe("TimeoutError");
    expect(await probe("client1", WAN.address, 50_001)).toBe("TimeoutError");
  });

  test("a revoked forward ends a connection that is in use, and the port may lead elsewhere at once", async () => {
    const first = forward(50_000);
    await kernel.add(first);
    const talk = lab.machine("client1").run("python3", ["-c", TALK, WAN.address, "50000"]);
    await expect.poll(async () => (await kernel.counters())[0]?.packets ?? 0).toBeGreaterThan(10);
    await kernel.remove(first);
    expect((await talk).stdout).toBe("open\nConnectionResetError");
    await kernel.add(forward(50_000, { targetAddr: labAddress("lab2") }));
    expect(await greeting("client1", WAN.address, 50_000)).toBe(`hello ${clientAddress("client1")}`);
  });

  test("a silent connection of a revoked forward ends, though the port leads to IPv6 at once", async () => {
    const first = forward(50_000);
    await kernel.add(first);
    const held = await hold(lab.machine("client1"), WAN.address, 50_000);
    await kernel.remove(first);
    await kernel.add(forward(50_000, { targetAddr: labAddress6("lab1"), targetPort: 2226 }));
    expect(await held.say("after")).toBe("ConnectionResetError");
    expect(await greeting("client1", WAN.address6, 50_000)).toBe("hello 2001:db8:51::7");
    await held.close();
  });

  test("counters count both directions, per forward, and outlive a replaced table", async () => {
    const kept = forward(50_000);
    await kernel.reconcile([kept, forward(50_001)]);
    await greeting("client1", WAN.address, 50_000);
    const before = await kernel.counters();
    const used = before.find(({ connPort }) => connPort === 50_000);
    expect(used?.packets).toBeGreaterThan(4);
    expect(used?.connections).toBe(1);
    expect(before.find(({ connPort }) => connPort === 50_001)).toMatchObject({
      packets: 0,
      bytes: 0,
      connections: 0,
    });
    expect(await kernel.reconcile([kept])).toEqual({ added: 0, removed: 1 });
    const [after] = await kernel.counters();
    expect(after?.id).toBe(kept.id);
    expect(after?.packets).toBeGreaterThanOrEqual(used?.packets ?? 0);
    expect(after?.connections).toBe(1);
  });

  test("after another program flushes everything, the table is restored and connections go on", async () => {
    await kernel.add(forward(50_000));
    await lab.gateway.runOk("nft", ["flush", "ruleset"]);
    await expect.poll(() => repaired).toEqual([{ added: 1, removed: 0 }]);
    expect(await greeting("client1", WAN.address, 50_000)).toBe(`hello ${clientAddress("client1")}`);
  });

  test("an element that another program adds is removed again", async () => {
    await kernel.add(forward(50_000));
    const foreign = "{ tcp . 50050 : 192.168.1.11 . 2222 }";
    await lab.gateway.runOk("nft", ["add", "element", "inet", "sallyport", "target4", foreign]);
    await expect.poll(() => kernel.show()).not.toContain("50050");
    await lab.gateway.runOk("nft", ["insert", "rule", "inet", "sallyport", "forward", "accept"]);
    await expect.poll(() => kernel.show()).toMatch(/policy drop;\n\s+ct state invalid drop/);
  });

  test("others' tables are none of ours", async () => {
    await lab.gateway.runOk("nft", ["add", "table", "inet", "other"]);
    await kernel.add(forward(50_000));
    await kernel.reconcile([]);
    const tables = (await lab.gateway.runOk("nft", ["list", "tables"])).stdout.split("\n");
    expect(tables.sort()).toEqual(["table inet other", "table inet sallyport"]);
    expect(repaired).toEqual([]);
  });

  test("in a container, where the kernel knows our processes by other ids, our changes are ours all the same", async () => {
    await kernel.close();
    kernel = await openWith(["unshare", "--pid", "--fork", "--kill-child", "nft"]);
    try {
      await kernel.reconcile([forward(50_000)]);
      for (let port = 50_001; port < 50_010; port++) await kernel.add(forward(port));
      await lab.gateway.runOk("nft", ["flush", "ruleset"]);
      await expect.poll(() => repaired).toEqual([{ added: 10, removed: 0 }]);
      await kernel.add(forward(50_010));
      await lab.gateway.runOk("nft", [
        "add",
        "element",
        "inet",
        "sallyport",
        "target4",
        "{ tcp . 50050 : 192.168.1.11 . 2222 }",
      ]);
      await expect.poll(() => kernel.show()).not.toContain("50050");
      // One repair per foreign change: a repair must not trigger another.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(repaired).toHaveLength(2);
    } finally {
      await kernel.close();
      kernel = await openWith(["nft"]);
    }
  });

  test("200 changes at once are all in effect", async () => {
    const many = Array.from({ length: 100 }, (_, index) => forward(50_000 + index));
    await Promise.all(many.map((each) => kernel.add(each)));
    expect((await kernel.counters()).map(({ id }) => id)).toEqual(many.map(({ id }) => id));
    await Promise.all(many.slice(0, 99).map((each) => kernel.remove(each)));
    expect((await kernel.counters()).map(({ id }) => id)).toEqual([many[99]?.id]);
  });
});
