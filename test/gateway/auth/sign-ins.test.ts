import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GatewayClient } from "../../../client/gateway/client.js";
import { pinned } from "../../client/support/certificates.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "../support/gateway.js";

describe("G-08: a gateway's sign-in code", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startKernellessGateway();
  });
  afterAll(() => gateway?.stop());
  const redeem = (body: unknown) => gateway.ask("/v1/sign-in/redeem", { method: "POST", body });

  test("brings the token from the command line to the page, and is in no log", async () => {
    const token = await tokenOf("ada");
    const url = `https://127.0.0.1:${gateway.port}`;
    const client = new GatewayClient({ url, trust: pinned(gateway.cert), token });
    const link = await client.signInLink();
    client.close();
    expect(link.seconds).toBe(60);
    const [page, code] = link.url.split("#sign-in=");
    expect(page).toBe(`${url}/`);
    expect(await redeem({ code })).toMatchObject({ status: 200, json: { token } });
    expect(await redeem({ code })).toMatchObject({ status: 410, json: { type: "urn:sallyport:problem:code-gone" } });
    const log = JSON.stringify(gateway.log);
    expect([log.includes(code ?? ""), log.includes(token)]).toEqual([false, false]);
  });

  test("needs a token to be made, and a text to be redeemed", async () => {
    expect((await gateway.ask("/v1/sign-in", { method: "POST" })).status).toBe(401);
    for (const body of [{}, { code: 1 }, { code: "x", more: 1 }, []]) {
      expect((await redeem(body)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await redeem({ code: "x" })).status).toBe(410);
  });
});
