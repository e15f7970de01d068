/** The kit's own client and a gateway: what a forward admits, and until when, is said and can be chosen. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { GatewayClient } from "../../client/gateway/client.js";
import { restrictionsText } from "../../client/gateway/forwards-text.js";
import { ensureForward, findOrOpen, type OpenRequest } from "../../connect/open-forward.js";
import { pinned } from "../client/support/certificates.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "../gateway/support/gateway.js";

let gateway: TestGateway;
let client: GatewayClient;
let token: string;
beforeAll(async () => {
  gateway = await startKernellessGateway({ forwards: "{}" });
  token = await tokenOf("ada");
  client = new GatewayClient({ url: `https://127.0.0.1:${gateway.port}`, trust: pinned(gateway.cert), token });
});
afterAll(async () => {
  client?.close();
  await gateway?.stop();
});
afterEach(async () => {
  for (const { connPort } of await gateway.gateway.forwards.list()) await gateway.gateway.forwards.remove(connPort);
});

const query = { name: "build1", targetPort: 22, protocol: "ssh" } as const;
const add = (more: OpenRequest = {}) => ensureForward(client, query, { address: "192.168.1.5", ...more });
/** Hours from now, rounded. */
const hours = (at?: string) => at && Math.round((Date.parse(at) - Date.now()) / 3_600_000);

test("G-07: by default it admits the caller for eight hours, and the answer says so", async () => {
  const { forward, created } = await add();
  expect([created, forward.sources, hours(forward.expiresAt)]).toEqual([true, ["127.0.0.1/32"], 8]);
  expect(restrictionsText(forward)).toMatch(/^admits 127\.0\.0\.1\/32, until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  // The same again is there, and says the same.
  expect(await add()).toMatchObject({ created: false, forward: { sources: ["127.0.0.1/32"] } });
  const [listed] = (await client.forwards()).forwards;
  expect(listed).toMatchObject({ sources: ["127.0.0.1/32"], expiresAt: forward.expiresAt });
});

test("G-07: both can be chosen", async () => {
  const open = await add({ from: ["anywhere"], for: "never" });
  expect(open.forward).not.toHaveProperty("sources");
  expect(open.forward).not.toHaveProperty("expiresAt");
  const some = await add({ from: ["198.51.100.0/24", "127.0.0.1"], for: "2h" });
  expect([some.forward.sources, hours(some.forward.expiresAt)]).toEqual([["127.0.0.1/32", "198.51.100.0/24"], 2]);
});

test("G-07: vLab's own request follows the same defaults; its answer has its port where vLab has it", async () => {
  const body = { target_addr: "192.168.1.5", target_port: "22", target_name: "win", target_component: "Windows" };
  const ask = () => gateway.ask("/api/1/ipam/portmap", { method: "POST", token, body });
  const { status, json } = await ask();
  expect([status, json.error, json.content.conn_port, json.content.sources]).toEqual([
    200,
    null,
    50_000,
    ["127.0.0.1/32"],
  ]);
  expect((await ask()).json.content.conn_port).toBe(50_000);
});

test("G-07: a forward that does not admit the caller is not used: one for the caller is opened if asked for", async () => {
  await add({ from: ["203.0.113.7"] });
  const refused = expect.objectContaining({
    code: "connect/not-admitted",
    message: 'port 50000 to "build1" admits only 203.0.113.7/32, not you',
  });
  await expect(findOrOpen(client, query, undefined)).rejects.toThrow(refused);
  const opened = await findOrOpen(client, query, {});
  expect(opened).toMatchObject({ created: true, forward: { connPort: 50_001, sources: ["127.0.0.1/32"] } });
  // From now on, that one is found.
  expect(await findOrOpen(client, query, undefined)).toMatchObject({ created: false, forward: { connPort: 50_001 } });
});

test("G-07: whoami says what holds for a request that does not say", async () => {
  expect((await gateway.ask("/v1/whoami", { token })).json).toMatchObject({
    address: "127.0.0.1",
    forward_defaults: { sources: "caller", expires_in: 28_800 },
  });
});
