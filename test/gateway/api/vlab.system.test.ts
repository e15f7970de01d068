import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { issueToken } from "../../../gateway/auth/issue.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { NetNamespace } from "../../../local/network/net-namespace.js";
import { ISSUER, type NamespacedGateway, type Reply, SECRET, startTestGateway, tokenOf } from "../support/gateway.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

const PORTMAP = "/api/1/ipam/portmap";
const ADDR = "/api/1/ipam/addr";
/** What vLab's documentation shows: the port as a text. */
const WINDOWS = { target_addr: "192.168.1.11", target_port: "3389", target_name: "myWin", target_component: "Windows" };
const CENTOS = { target_addr: "192.168.1.12", target_port: 22, target_name: "myCent", target_component: "CentOS" };

describe.runIf(here)("vLab's routes over HTTPS, on a real store and a real kernel", () => {
  let gw: NamespacedGateway;
  let ada: string;
  let bob: string;
  let admin: string;
  beforeAll(async () => {
    gw = await startTestGateway({ ports: "{ min: 50000, max: 50009 }" });
    ada = await tokenOf("ada");
    bob = await tokenOf("bob");
    admin = await tokenOf("root", ["admin"]);
  });
  afterAll(() => gw?.stop());
  beforeEach(async () => {
    for (const { connPort } of await gw.gateway.forwards.list()) await gw.gateway.forwards.remove(connPort);
  });

  const post = (token: string, body: unknown, headers = {}) =>
    gw.ask("/v1/forwards", { method: "POST", token, body, headers });
  const vlabPost = (token: string, body: unknown) => gw.ask(PORTMAP, { method: "POST", token, body });
  const vlabDelete = (token: string, body: unknown) => gw.ask(PORTMAP, { method: "DELETE", token, body });
  const brief = ({ status, json, text }: Reply) => `${status} ${json?.error ?? json?.detail ?? text}`;
  const inKernel = async () =>
    (await gw.namespace.runOk("nft", ["list", "table", "inet", "sallyport"])).stdout.replace(/ expires \w+/g, "");

  test("V-01 each answer has error, content and params, and a link to its help", async () => {
    for (const path of [`${PORTMAP}?name=x&conn_port=1`, `${PORTMAP}?conn_port=zero`, `${ADDR}?addr=1.2`]) {
      const reply = await gw.ask(path, { token: ada });
      expect(Object.keys(reply.json)).toEqual(["error", "content", "params"]);
      expect(reply.json.params).toEqual(Object.fromEntries(new URLSearchParams(path.split("?")[1])));
      expect(reply.headers["content-type"]).toBe("application/json");
      expect(reply.headers.link).toBe(`<${path.split("?")[0]}?describe=true>; rel=help`);
    }
    const stranger = await gw.ask(PORTMAP);
    expect(stranger.json).toEqual({ error: "No auth token sent in HTTP header", content: {}, params: {} });
  });

  test("V-02 the log says who asked what, from the peer's address, and never a token or a query", async () => {
    const headers = {
      "X-Request-Id": "rid-1",
      "User-Agent": "vLab CLI 1",
      Referer: "https://a.test/?secret=1",
      "X-Forwarded-For": "1.1.1.1",
    };
    await gw.ask(`${PORTMAP}?name=hidden`, { token: ada, headers });
    await expect.poll(() => gw.log.find(({ id }) => id === "rid-1")).toBeDefined();
    const entry = gw.log.find(({ id }) => id === "rid-1");
    expect(entry).toMatchObject({
      event: "access",
      remote: "127.0.0.1",
      who: "ada",
      method: "GET",
      path: PORTMAP,
      protocol: "HTTP/1.1",
      status: 200,
      referrer: "https://a.test/",
      agent: "vLab CLI 1",
    });
    expect(entry).not.toHaveProperty("client");
    expect(JSON.stringify(gw.log)).not.toMatch(/hidden|secret=1|eyJ/);
  });

  test("V-03 describe=true says what each method takes, to whom it knows", async () => {
    const { status, json } = await gw.ask(`${PORTMAP}?describe=true`, { token: ada });
    expect(status).toBe(200);
    expect(Object.keys(json.content)).toEqual(["POST", "GET", "DELETE"]);
    expect(json.content.POST.body.required).toEqual(["target_addr", "target_port", "target_name", "target_component"]);
    expect(json.content.POST.body.$schema).toBe("http://json-schema.org/draft-04/schema#");
    expect(Object.keys(json.content.GET.args.properties)).toContain("conn_port");
    for (const path of [PORTMAP, ADDR, "/api/1/ipam/healthcheck"]) {
      expect((await gw.ask(`${path}?describe=true`)).status).toBe(401);
      expect((await gw.ask(`${path}?describe=true`, { token: ada })).status).toBe(200);
    }
  });

  test("V-04 vLab's texts on vLab's routes, with both links", async () => {
    const reply = await gw.ask(PORTMAP, { token: "x.y.z" });
    expect(brief(reply)).toBe("401 Invalid auth token supplied");
    expect(reply.headers.link).toBe(`<${PORTMAP}?describe=true>; rel=help, <${ISSUER}/api/1/auth>; rel=authorization`);
    const over = await issueToken(
      { issuer: ISSUER, user: "ada", scopes: ["read"], lifeMs: 1_000, clientIp: "127.0.0.1" },
      SECRET,
      0,
    );
    expect(brief(await gw.ask(PORTMAP, { token: over }))).toBe("401 No Valid Session Found");
    const native = await gw.ask("/v1/forwards", { token: over });
    expect(native.headers["content-type"]).toBe("application/problem+json");
    expect(native.headers["www-authenticate"]).toBe("Bearer");
    expect(brief(native)).toBe("401 No Valid Session Found");
  });

  test("V-05 a forged X-Forwarded-For changes nothing", async () => {
    const elsewhere = await issueToken(
      { issuer: ISSUER, user: "ada", scopes: ["read"], lifeMs: 60_000, clientIp: "198.51.100.7" },
      SECRET,
    );
    const headers = { "X-Forwarded-For": "198.51.100.7" };
    const reply = await gw.ask(PORTMAP, { token: elsewhere, headers });
    expect(brief(reply)).toBe("401 Token generated by 198.51.100.7, but sent from 127.0.0.1");
  });

  test("V-06 a user sees and changes only their own; an admin everybody's", async () => {
    const { content } = (await vlabPost(ada, WINDOWS)).json;
    const port = content.conn_port;
    expect((await gw.ask(PORTMAP, { token: bob })).json.content.ports).toEqual({});
    expect((await gw.ask(ADDR, { token: bob })).json.content).toEqual({});
    expect(brief(await vlabDelete(bob, { conn_port: port }))).toBe("404 No such port mapping record");
    expect(brief(await gw.ask(`/v1/forwards/${port}`, { method: "DELETE", token: bob }))).toBe(
      "404 No such port mapping record",
    );
    expect((await gw.ask(`/v1/forwards/${port}`, { token: bob })).status).toBe(404);
    expect((await gw.ask("/v1/forwards?owner=ada", { token: bob })).json.forwards).toEqual([]);
    expect((await gw.ask("/v1/machines/192.168.1.11", { token: bob })).status).toBe(404);
    expect(brief(await gw.ask("/v1/usage?owner=ada", { token: bob }))).toBe("403 user bob does not have access");
    expect(Object.keys((await gw.ask(PORTMAP, { token: admin })).json.content.ports)).toEqual([String(port)]);
    expect((await gw.ask("/v1/forwards?owner=ada", { token: admin })).json.forwards).toHaveLength(1);
    expect((await vlabDelete(admin, { conn_port: port })).status).toBe(200);
    const reader = await tokenOf("ada", ["read"]);
    expect(brief(await vlabPost(reader, WINDOWS))).toBe("403 user ada does not have access");
  });

  test("V-10 POST gives a port with status 200, from the documentation's own sample", async () => {
    const reply = await vlabPost(ada, WINDOWS);
    expect([reply.status, reply.json]).toEqual([200, { error: null, content: { conn_port: 50_000 }, params: {} }]);
    expect(await inKernel()).toContain("192.168.1.11");
  });

  test.each([
    ["another option for iptables", { target_addr: "192.168.1.11 -j DROP" }],
    ["a shell's", { target_addr: "192.168.1.11; reboot" }],
    ["nft's", { target_addr: "192.168.1.11 . 22 } ; flush ruleset" }],
    ["outside the lab", { target_addr: "203.0.113.1" }],
    ["the gateway itself", { target_addr: "127.0.0.1" }],
    ["inet_aton's short form", { target_addr: "192.168.257" }],
    ["a mapped address outside", { target_addr: "::ffff:203.0.113.1" }],
    ["a port too high", { target_port: 65_536 }],
    ["port 0", { target_port: "0" }],
    ["a name with a quote", { target_name: '" comment "' }],
    ["a name with a line break", { target_name: "a\nflush ruleset" }],
    ["a name that is SQL's", { target_name: "'; drop table forwards; --" }],
    ["markup", { target_component: "<img src=x onerror=alert(1)>" }],
    ["an endless name", { target_name: "x".repeat(129) }],
  ])("V-10 injection is refused: %s", async (_what, wrong) => {
    const before = await inKernel();
    expect((await vlabPost(ada, { ...WINDOWS, ...wrong })).status).toBe(400);
    expect((await post(ada, { ...CENTOS, ...wrong })).status).toBe(422);
    expect(await gw.gateway.forwards.list()).toEqual([]);
    expect(await inKernel()).toBe(before);
  });

  test("V-11 the lowest free port, until all ten are used; then 409, and the one that was freed", async () => {
    const all = Array.from({ length: 10 }, (_, index) => post(ada, { ...CENTOS, target_port: index + 1 }));
    const ports = (await Promise.all(all)).map(({ json }) => json.conn_port).sort();
    expect(ports).toEqual(Array.from({ length: 10 }, (_, index) => 50_000 + index));
    expect(brief(await vlabPost(ada, WINDOWS))).toBe(
      "409 all ports from 50000 to 50009 are in use: remove a forward first",
    );
    await vlabDelete(ada, { conn_port: 50_004 });
    expect((await vlabPost(ada, WINDOWS)).json.content).toEqual({ conn_port: 50_004 });
  });

  test("V-12 the same request again gives the same port", async () => {
    const replies = await Promise.all(
      [WINDOWS, WINDOWS, { ...WINDOWS, target_port: 3389 }].map((body) => vlabPost(ada, body)),
    );
    expect(new Set(replies.map(({ json }) => json.content.conn_port)).size).toBe(1);
    expect((await vlabPost(bob, WINDOWS)).json.content.conn_port).toBe(50_001);
  });

  test("V-13 GET portmap: the shape, each filter, exactly", async () => {
    await vlabPost(ada, WINDOWS);
    await vlabPost(ada, CENTOS);
    const get = async (query: string) => gw.ask(`${PORTMAP}?${query}`, { token: ada });
    const windows = {
      "50000": { name: "myWin", target_addr: "192.168.1.11", target_port: 3389, component: "Windows" },
    };
    expect((await get("name=myWin")).json.content).toEqual({ ports: windows, gateway_ip: "198.51.100.1" });
    for (const query of [
      "target_addr=192.168.1.11",
      "component=Windows",
      "conn_port=50000",
      "target_port=3389",
      "name=myWin&target_port=3389",
    ]) {
      expect((await get(query)).json.content.ports, query).toEqual(windows);
    }
    for (const query of ["name=%25", "name=my%25", "name=myWin&target_port=22", "name=%27%20or%201%3D1%20--"]) {
      expect((await get(query)).json.content.ports, query).toEqual({});
    }
    expect(Object.keys((await get("")).json.content.ports)).toEqual(["50000", "50001"]);
    expect(brief(await get("conn_port=abc"))).toBe("400 Param conn_port must be a number, supplied: abc");
    expect(brief(await get("target_port=ssh"))).toBe("400 Param target_port must be a number, supplied: ssh");
  });

  test("V-14 DELETE: gone from database and kernel; a second time 404", async () => {
    const { conn_port } = (await vlabPost(ada, WINDOWS)).json.content;
    const reply = await vlabDelete(ada, { conn_port });
    expect([reply.status, reply.json.error]).toEqual([200, null]);
    expect(await inKernel()).not.toContain("192.168.1.11");
    expect(await gw.gateway.forwards.list()).toEqual([]);
    expect(brief(await vlabDelete(ada, { conn_port }))).toBe("404 No such port mapping record");
  });

  test("V-15 GET addr: by name, with all addresses; one filter at most", async () => {
    await vlabPost(ada, WINDOWS);
    await vlabPost(ada, CENTOS);
    await vlabPost(ada, { ...CENTOS, target_addr: "192.168.1.13" });
    const get = async (query: string) => gw.ask(`${ADDR}?${query}`, { token: ada });
    // Whether the worker was there already, is not this test's matter.
    const known = expect.toBeOneOf([null, false]);
    const myWin = { component: "Windows", routable: known, addr: ["192.168.1.11"] };
    const myCent = { component: "CentOS", routable: known, addr: ["192.168.1.12", "192.168.1.13"] };
    expect((await get("")).json.content).toEqual({ myWin, myCent });
    for (const query of ["name=myWin", "addr=192.168.1.11", "component=Windows"]) {
      expect((await get(query)).json.content, query).toEqual({ myWin });
    }
    expect(brief(await get("name=a&component=b"))).toBe(
      "400 Params are mutually exclusive. Supplied: name=a, addr=None, component=b",
    );
    expect(brief(await get("addr=1.2"))).toBe(
      "400 Params are mutually exclusive. Supplied: name=None, addr=1.2, component=None (addr must be an IPv4 or IPv6 address)",
    );
  });

  test("V-15 a machine with two addresses is alive where one of them is", async () => {
    await vlabPost(ada, CENTOS);
    await vlabPost(ada, { ...CENTOS, target_addr: "192.168.1.13" });
    const lab = await NetNamespace.open("lab");
    try {
      const peer = ["peer", "name", "eth0", "netns", String(lab.pid)];
      await gw.namespace.runOk("ip", ["link", "add", "lan0", "type", "veth", ...peer]);
      await gw.namespace.runOk("ip", ["address", "add", "192.168.1.1/24", "dev", "lan0"]);
      await gw.namespace.runOk("ip", ["link", "set", "lan0", "up"]);
      await lab.runOk("ip", ["address", "add", "192.168.1.12/24", "dev", "eth0"]);
      await lab.runOk("ip", ["link", "set", "eth0", "up"]);
      // Sweeps before this wire was there may have found nobody: twice, for the damping.
      await gw.gateway.worker.sweepOnce();
      await gw.gateway.worker.sweepOnce();
    } finally {
      await lab.close();
    }
    const { content } = (await gw.ask(ADDR, { token: ada })).json;
    const { machines } = (await gw.ask("/v1/machines", { token: ada })).json;
    const own = machines.filter(({ name }: { name: string }) => name === "myCent");
    const shown = own.map((machine: Record<string, unknown>) => [machine.addr, machine.routable, machine.conn_ports]);
    expect(shown).toEqual([
      ["192.168.1.12", true, [50_000]],
      ["192.168.1.13", false, [50_001]],
    ]);
    expect(content.myCent.routable).toBe(true);
    const history = await gw.ask("/v1/machines/192.168.1.13?since=1h", { token: ada });
    expect(history.json.history[0]).toEqual({ at: expect.any(String), routable: false });
  });

  test("V-16 strangers learn only that it works; who has a token, what is theirs; an admin the rules", async () => {
    await vlabPost(ada, WINDOWS);
    const path = "/api/1/ipam/healthcheck";
    expect((await gw.ask(path)).json).toEqual({ version: "0.1.0" });
    expect((await gw.ask(path, { token: bob })).json).toEqual({ version: "0.1.0", database: [] });
    expect((await gw.ask(path, { token: ada })).json.database).toHaveLength(1);
    const all = (await gw.ask(path, { token: admin })).json;
    expect(all.firewall.table).toContain("192.168.1.11");
    expect((await gw.ask(path, { token: "wrong" })).status).toBe(401);
  });

  test("V-17 bodies that are no JSON, or not of the shape", async () => {
    for (const [method, body] of [
      ["POST", undefined],
      ["POST", "{"],
      ["DELETE", undefined],
      ["DELETE", "conn_port=1"],
    ] as const) {
      expect(brief(await gw.ask(PORTMAP, { method, token: ada, body }))).toBe(
        "400 No JSON content body sent in HTTP request",
      );
    }
    const { target_name: _missing, ...partial } = WINDOWS;
    for (const body of [partial, [], null, 1, { ...WINDOWS, target_port: 1.5 }, { ...WINDOWS, target_addr: 3 }]) {
      const reply = await vlabPost(ada, body);
      expect(reply.status).toBe(400);
      expect(reply.json.error).toMatch(/^Input does not match schema\.\nInput: .+\nSchema: \{"\$schema"/);
    }
    expect((await vlabDelete(ada, { conn_port: "x" })).json.error).toMatch(/^Input does not match schema\.\n/);
    expect((await vlabPost(ada, `{"x":"${"x".repeat(70_000)}"}`)).status).toBe(413);
  });
});
