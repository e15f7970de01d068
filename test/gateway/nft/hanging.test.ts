/** If nft hangs, only the changes that need it fail, not the gateway. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeNft } from "../support/fake-nft.js";
import { startGatewayWith, type TestGateway, tokenOf } from "../support/gateway.js";

const PATIENCE = { timeout: 300_000, interval: 50 };

describe("G-01: with an nft that hangs", () => {
  let nft: FakeNft;
  let gateway: TestGateway;
  let token: string;
  beforeAll(async () => {
    gateway = await startGatewayWith((dir) => {
      nft = new FakeNft(join(dir, "bin"));
      return { nft: [nft.path], conntrack: ["true"], fping: ["true"], limitMs: 3_000 };
    });
    token = await tokenOf("ada");
  });
  afterAll(() => gateway?.stop());

  const open = (port: number) =>
    gateway.ask("/v1/forwards", {
      method: "POST",
      token,
      body: { target_addr: "192.168.1.5", target_port: port, target_name: "m", target_component: "CentOS" },
    });
  const ready = async () => {
    const { status, json } = await gateway.ask("/readyz");
    return [status, json];
  };
  const READY = [200, { ready: true, checks: { database: "ok", kernel: "ok", wan: "ok", lan: "ok" } }];
  const NOT_READY = [503, { ready: false, checks: { database: "ok", kernel: "failed", wan: "ok", lan: "ok" } }];

  test("a change is 503 and leaves nothing behind; the gateway is not ready until the kernel is repaired", async () => {
    expect((await open(22)).status).toBe(201);
    // It went through the open session, which costs a fraction of loading the table.
    expect(nft.loaded).not.toContain("192.168.1.5");
    expect(await ready()).toEqual(READY);

    nft.hang();
    const refused = await open(80);
    expect([refused.status, refused.json.type]).toEqual([503, "urn:sallyport:problem:kernel-refused"]);
    expect(await gateway.gateway.forwards.list()).toHaveLength(1);
    expect(await ready()).toEqual(NOT_READY);
    const late = await gateway.ask("/v1/forwards/50000", { method: "DELETE", token });
    expect([late.status, late.json.type]).toEqual([503, "urn:sallyport:problem:kernel-late"]);
    expect(await gateway.gateway.forwards.list()).toEqual([]);
    // Other requests do not need nft.
    expect((await gateway.ask("/v1/forwards", { token })).status).toBe(200);

    nft.recover();
    await expect.poll(ready, PATIENCE).toEqual(READY);
    // What was removed meanwhile is not in the table that the repair has loaded.
    expect(nft.loaded).not.toContain("192.168.1.5");
    expect((await open(443)).status).toBe(201);
  });

  test("closing the gateway ends it and every nft that it started", async () => {
    nft.hang();
    const change = open(3389);
    // It is in the database, so the kernel is next.
    await expect.poll(async () => (await gateway.gateway.forwards.list()).length, PATIENCE).toBe(2);
    // Everything was closed; what could not be counted any more is said.
    await expect(gateway.gateway.close()).rejects.toThrow("nft did not answer within");
    expect((await change).status).toBe(503);
    await expect.poll(() => nft.running(), PATIENCE).toEqual([]);
  });
});
