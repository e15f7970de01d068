/** `/v1` and what every path has, over HTTPS with a real store, and with an nft that accepts everything. */
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Cidr } from "../../../net/cidr.js";
import { type Reply, startKernellessGateway, type TestGateway, tokenOf } from "../support/gateway.js";

let gateway: TestGateway;
let ada: string;
let bob: string;
beforeAll(async () => {
  gateway = await startKernellessGateway({ ports: "{ min: 50000, max: 50009 }" });
  [ada, bob] = [await tokenOf("ada"), await tokenOf("bob")];
});
afterAll(() => gateway?.stop());
beforeEach(async () => {
  for (const { connPort } of await gateway.gateway.forwards.list()) await gateway.gateway.forwards.remove(connPort);
});

const PORTMAP = "/api/1/ipam/portmap";
const CENTOS = { target_addr: "192.168.1.12", target_port: 22, target_name: "myCent", target_component: "CentOS" };
const post = (token: string, body: unknown, headers = {}) =>
  gateway.ask("/v1/forwards", { method: "POST", token, body, headers });
const brief = ({ status, json, text }: Reply) => `${status} ${json?.error ?? json?.detail ?? text}`;

test("G-09: no request parses a network of the configuration", async () => {
  const parsing = vi.spyOn(Cidr, "around");
  onTestFinished(() => parsing.mockRestore());
  for (const path of ["/v1/forwards", PORTMAP]) {
    expect((await gateway.ask(path, { method: "POST", token: ada, body: CENTOS })).status).toBeLessThan(300);
    expect((await gateway.ask(path, { token: ada })).status).toBe(200);
  }
  expect(parsing.mock.calls).toEqual([]);
});

test.each([0, 65_536, 99_999, 2_147_483_647, 2_147_483_648, 2 ** 53])(
  "G-10: %d is no port, and each request with it is the sender's mistake",
  async (number) => {
    const statuses = await Promise.all([
      gateway.ask(PORTMAP, { method: "DELETE", token: ada, body: { conn_port: number } }),
      gateway.ask(`/v1/forwards/${number}`, { method: "DELETE", token: ada }),
      gateway.ask(`/v1/forwards/${number}`, { token: ada }),
      gateway.ask("/v1/forwards", { method: "POST", token: ada, body: { ...CENTOS, conn_port: number } }),
      gateway.ask("/v1/forwards", { method: "POST", token: ada, body: { ...CENTOS, target_port: number } }),
      gateway.ask(`/v1/forwards?conn_port=${number}`, { token: ada }),
      gateway.ask(`/v1/usage?conn_port=${number}`, { token: ada }),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses).toEqual([404, 404, 404, 422, 422, 422, 422]);
    // vLab finds nothing where a number is no port.
    const listed = await gateway.ask(`${PORTMAP}?conn_port=${number}`, { token: ada });
    expect([200, 400]).toContain(listed.status);
    expect(listed.json.content?.ports ?? {}).toEqual({});
  },
);

test("a forward of our own API: created, found, listed, closed", async () => {
  const asked = { ...CENTOS, protocol: "udp", sources: ["198.51.100.7"], expires_in: 3_600 };
  const made = await post(ada, asked);
  expect([made.status, made.headers.location]).toEqual([201, "/v1/forwards/50000"]);
  const { id, created_at, expires_at, ...rest } = made.json;
  expect(rest).toEqual({
    conn_port: 50_000,
    protocol: "udp",
    target_addr: "192.168.1.12",
    target_port: 22,
    target_name: "myCent",
    target_component: "CentOS",
    owner: "ada",
    sources: ["198.51.100.7/32"],
    gateway_address: "198.51.100.1",
    admits_you: false,
  });
  expect(Date.parse(expires_at) - Date.parse(created_at)).toBeGreaterThan(3_590_000);
  const one = await gateway.ask("/v1/forwards/50000", { token: ada });
  expect(one.json.id).toBe(id);
  const gone = await gateway.ask("/v1/forwards/50000", { method: "DELETE", token: ada });
  expect([gone.status, gone.text]).toEqual([204, ""]);
  expect((await gateway.ask("/v1/forwards/50000", { token: ada })).status).toBe(404);
});

test("Idempotency-Key: once however often; another request under it is refused", async () => {
  const headers = { "Idempotency-Key": "k-1" };
  const replies = await Promise.all([1, 2, 3].map(() => post(ada, CENTOS, headers)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  expect(new Set(replies.map(({ json }) => json.id)).size).toBe(1);
  expect(brief(await post(ada, { ...CENTOS, target_port: 23 }, headers))).toBe(
    "422 this Idempotency-Key was used for another forward, which is still there",
  );
  expect((await post(bob, CENTOS, headers)).status).toBe(201);
  expect((await post(ada, CENTOS, { "Idempotency-Key": "a key" })).status).toBe(422);
});

test("pages and filters", async () => {
  for (let port = 1; port <= 5; port += 1) await post(ada, { ...CENTOS, target_port: port });
  const seen: number[] = [];
  let next = "";
  do {
    const { json } = await gateway.ask(`/v1/forwards?limit=2${next === "" ? "" : `&cursor=${next}`}`, { token: ada });
    seen.push(...json.forwards.map(({ conn_port }: { conn_port: number }) => conn_port));
    next = json.next ?? "";
  } while (next !== "");
  expect(seen).toEqual([50_000, 50_001, 50_002, 50_003, 50_004]);
  expect((await gateway.ask("/v1/forwards?target_port=3", { token: ada })).json.forwards).toHaveLength(1);
  for (const query of ["limit=0", "limit=x", "cursor=zzz", "target_prt=3", "conn_port=1&conn_port=2"]) {
    expect((await gateway.ask(`/v1/forwards?${query}`, { token: ada })).status, query).toBe(422);
  }
});

test("usage and whoami", async () => {
  const { json } = await gateway.ask("/v1/whoami", { token: ada });
  expect(json).toEqual({
    user: "ada",
    scopes: ["read", "forward"],
    client_ip: "127.0.0.1",
    expires_at: expect.any(String),
    address: "127.0.0.1",
    forward_defaults: { sources: "anywhere", expires_in: null },
  });
  expect((await gateway.ask("/v1/usage?since=24h", { token: ada })).json).toMatchObject({ used: [], samples: [] });
  expect((await gateway.ask("/v1/usage?since=yesterday", { token: ada })).status).toBe(422);
});

test("health, readiness, metrics, the document and its page", async () => {
  await post(ada, CENTOS);
  expect((await gateway.ask("/healthz")).json).toEqual({ status: "ok" });
  expect((await gateway.ask("/readyz")).json).toEqual({
    ready: true,
    checks: { database: "ok", kernel: "ok", wan: "ok", lan: "ok" },
  });
  expect((await gateway.ask("/metrics")).status).toBe(401);
  const metrics = (await gateway.ask("/metrics", { token: ada })).text;
  expect(metrics).toContain('sallyport_gateway_forwards{protocol="tcp"} 1\n');
  expect(metrics).toContain("sallyport_gateway_ports_free 9\n");
  expect(metrics).toContain('route="/v1/forwards",status="201"');
  expect(metrics).not.toMatch(/ada|192\.168/);
  const { json } = await gateway.ask("/openapi.json");
  expect(json.openapi).toBe("3.1.0");
  expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(["/v1/forwards/{conn_port}", PORTMAP, "/readyz"]));
  const ids = Object.values(json.paths).flatMap((item) =>
    Object.values(item as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  const docs = await gateway.ask("/docs");
  expect(docs.headers["content-security-policy"]).toContain("default-src 'none'");
  expect(docs.text).not.toMatch(/(?:src|href)="https?:/);
});

test("strangers learn nothing of paths; others which methods there are", async () => {
  for (const path of ["/v1/nothing", "/v1/forwards", "/api/1/ipam/nothing"])
    expect((await gateway.ask(path)).status).toBe(401);
  expect(brief(await gateway.ask("/v1/nothing", { token: ada }))).toBe("404 there is nothing at this path");
  const wrong = await gateway.ask("/v1/forwards", { method: "PUT", token: ada, body: {} });
  expect([wrong.status, wrong.headers.allow]).toEqual([405, "POST, GET, HEAD"]);
  expect((await gateway.ask("/v1/forwards/%zz", { token: ada })).status).toBe(400);
  expect((await gateway.ask("/v1/forwards/50000%2f..", { token: ada })).status).toBe(404);
  expect((await gateway.ask("/v1/forwards", { method: "HEAD", token: ada })).text).toBe("");
});
