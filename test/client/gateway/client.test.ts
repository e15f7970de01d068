import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { retryDelay } from "../../../client/agent/retry.js";
import { GatewayClient, gatewayAt } from "../../../client/gateway/client.js";
import { refused } from "../../../client/gateway/errors.js";
import {
  forgetLogin,
  keepLogin,
  keptLogin,
  latestGateway,
  parseStore,
  tokenFacts,
  tokenIn,
  tokenStoreFile,
  vlabTokenFile,
} from "../../../client/gateway/token-store.js";
import { someToken, startVlabServer } from "../../cli/commands/support/vlab-server.js";
import { pinned } from "../support/certificates.js";
import { temporaryDir } from "../support/temporary.js";

const TOKEN = someToken({ username: "ada", exp: 2_000_000_000, client_ip: "198.51.100.7" });

const BAD_CERT = JSON.stringify({ version: 1, gateways: { u: { token: TOKEN, cert: 1 } } });

describe("V-46 tokens", () => {
  it("keeps several gateways in one file, 0600 in a directory 0700", async () => {
    const env = { HOME: await temporaryDir() };
    const other = someToken({ username: "ada", exp: 1 });
    await keepLogin(env, "https://a.example", { token: TOKEN });
    await keepLogin(env, "https://b.example:8443/", { token: other });
    expect(await keptLogin(env, "https://a.example/")).toEqual({ token: TOKEN });
    expect(await keptLogin(env, "https://b.example:8443")).toEqual({ token: other });
    expect(await keptLogin(env, "https://b.example")).toBeUndefined();
    const file = tokenStoreFile(env);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    expect(await forgetLogin(env, "https://a.example")).toBe(true);
    expect(await forgetLogin(env, "https://a.example")).toBe(false);
    expect(Object.keys(JSON.parse(await readFile(file, "utf8")).gateways)).toEqual(["https://b.example:8443"]);
  });

  it("G-04: keeps the gateway's certificate with its token, and which gateway was the last", async () => {
    const env = { HOME: await temporaryDir() };
    expect(await latestGateway(env)).toBeUndefined();
    await keepLogin(env, "https://a.example", { token: TOKEN, cert: "PEM" });
    await keepLogin(env, "https://b.example/", { token: TOKEN });
    expect(await keptLogin(env, "https://a.example")).toEqual({ token: TOKEN, cert: "PEM" });
    expect(await latestGateway(env)).toBe("https://b.example");
    await forgetLogin(env, "https://a.example");
    expect(await latestGateway(env)).toBe("https://b.example");
    await forgetLogin(env, "https://b.example");
    expect(await latestGateway(env)).toBeUndefined();
  });

  it("loses none of many that are kept at once", async () => {
    const env = { HOME: await temporaryDir() };
    const urls = Array.from({ length: 8 }, (_, index) => `https://g${index}.example`);
    await Promise.all(urls.map((url) => keepLogin(env, url, { token: TOKEN })));
    expect(await Promise.all(urls.map((url) => keptLogin(env, url)))).toEqual(urls.map(() => ({ token: TOKEN })));
  });

  it("takes vLab's own where there is none", async () => {
    const env = { HOME: await temporaryDir() };
    const file = vlabTokenFile(env);
    await mkdir(dirname(file), { mode: 0o700 });
    const text = JSON.stringify({
      version: 1,
      vlabs: { "https://vlab.example": { token: TOKEN, key: "k", algorithm: "HS256" } },
    });
    await writeFile(file, text, { mode: 0o600 });
    expect(await keptLogin(env, "https://vlab.example")).toEqual({ token: TOKEN });
    await chmod(file, 0o644);
    await expect(keptLogin(env, "https://vlab.example")).rejects.toMatchObject({
      message: expect.stringContaining("644"),
    });
  });

  it("says whose it is and until when", () => {
    expect(tokenFacts(TOKEN)).toEqual({
      expiresAt: 2_000_000_000_000,
      issuer: "https://vlab",
      username: "ada",
      clientIp: "198.51.100.7",
    });
    expect(tokenFacts(someToken({ sub: "bob" }))).toMatchObject({ username: "bob", expiresAt: undefined });
  });

  it.each(["", "a.b", "a.b.c", `${TOKEN}\nX-Evil: 1`, `${TOKEN}${"x".repeat(9000)}`])(
    "refuses what is no token (%#)",
    (text) => {
      expect(() => tokenIn(text, '"f"')).toThrow(
        expect.objectContaining({ message: '"f" holds no token of a gateway', exit: 4 }),
      );
    },
  );

  it.each(["", "[]", '{"version":2,"gateways":{}}', '{"version":1,"gateways":{"u":{}}}', BAD_CERT])(
    "refuses the list %j",
    (text) => {
      expect(() => parseStore(text, "/f")).toThrow(expect.objectContaining({ code: "gateway/store-garbage" }));
    },
  );
});

describe("V-48 asking again", () => {
  const sure = { random: () => 1, now: () => 1_000_000 };
  it.each([
    [0, undefined, 1_000],
    [1, undefined, 2_000],
    [4, undefined, 16_000],
    [5, undefined, undefined],
    [0, "5", 5_500],
    [0, new Date(1_007_000).toUTCString(), 7_500],
    [0, "soon", 1_000],
    [0, "99999", 60_000],
  ])("retry %i with Retry-After %j waits %j ms at most", (attempt, header, delay) => {
    expect(retryDelay(attempt, header, sure)).toBe(delay);
  });

  it("never comes back earlier than it was told to, and half of its own wait is left to chance", () => {
    expect(retryDelay(0, "5", { random: () => 0 })).toBe(5_000);
    expect(retryDelay(3, undefined, { random: () => 0 })).toBe(4_000);
  });
});

describe("V-40 and T15: with vLab's own server", () => {
  const open = async (more: { token?: string } = {}) => {
    const server = await startVlabServer(TOKEN);
    const waited: number[] = [];
    const client = new GatewayClient({
      url: server.url,
      trust: pinned(server.cert),
      token: more.token ?? TOKEN,
      wait: async (delay) => void waited.push(delay),
    });
    return { server, client, waited };
  };
  const wanted = { name: "win10", component: "Windows", targetAddr: "192.168.1.20", targetPort: 3389 };

  it("V-10, V-13, V-14: opens, lists and closes", async () => {
    const { server, client } = await open();
    expect(await client.create(wanted)).toEqual({ connPort: 50_000 });
    expect(server.rows.get(50_000)).toEqual({
      name: "win10",
      target_addr: "192.168.1.20",
      target_port: 3389,
      component: "Windows",
    });
    expect(await client.forwards("win10")).toEqual({
      forwards: [{ connPort: 50_000, ...wanted, protocol: "tcp" }],
      gatewayAddress: "127.0.0.1",
    });
    expect(await client.machines("win10")).toEqual({
      win10: { component: "Windows", routable: true, addr: ["192.168.1.20"] },
    });
    expect(await client.remove(50_000)).toBe(true);
    expect(await client.remove(50_000)).toBe(false);
    client.close();
  });

  it("V-13: a % in a name brings nobody else's machine", async () => {
    const { client } = await open();
    await client.create(wanted);
    expect((await client.forwards("win%")).forwards).toEqual([]);
    client.close();
  });

  it("sends the token in a header, one request id for the whole command, and asks again after 503 only", async () => {
    const { server, client, waited } = await open();
    server.failures.push({ status: 503, headers: { "Retry-After": "2" } }, { status: 503 });
    await client.create(wanted);
    await client.forwards();
    expect(waited).toHaveLength(2);
    expect(waited[0]).toBeGreaterThanOrEqual(2_000);
    expect(server.rows.size).toBe(1);
    const ids = new Set(server.requests.map(({ headers }) => headers["x-request-id"]));
    expect([...ids]).toEqual([client.requestId]);
    expect(server.requests.every(({ line, headers }) => headers["x-auth"] === TOKEN && !line.includes(TOKEN))).toBe(
      true,
    );
    server.failures.push({ status: 500, error: "boom" });
    await expect(client.forwards()).rejects.toMatchObject({ code: "gateway/failed", exit: 1 });
    expect(waited).toHaveLength(2);
    client.close();
  });

  it("gives up after five times", async () => {
    const { server, client, waited } = await open();
    for (let i = 0; i < 6; i += 1) server.failures.push({ status: 503, error: "busy" });
    await expect(client.forwards()).rejects.toMatchObject({ message: expect.stringContaining('answered 503: "busy"') });
    expect(waited).toHaveLength(5);
    client.close();
  });

  it("says that only a gateway of this kit can do the rest", async () => {
    const { client, server } = await open();
    const only = { code: "gateway/only-vlab", hint: "it answers as vLab's own server; a gateway of Sallyport does" };
    await expect(client.create(wanted, { expiresIn: 60 })).rejects.toMatchObject(only);
    expect(server.rows.size).toBe(0);
    client.close();
  });

  it("a wrong token is exit 4, and is in no message", async () => {
    const token = someToken({ username: "eve" });
    const { client } = await open({ token });
    const error = await client.forwards().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "gateway/unauthorized", exit: 4 });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(token);
    client.close();
  });

  it.each([
    [401, "Token generated by 1.2.3.4, but sent from 5.6.7.8", 4, /bound to an address, and yours has changed/],
    [404, "unable to find host ada.vlab.example", 3, /the central server does not reach your gateway/],
    [502, "Bad Gateway", 1, /the central server does not reach your gateway/],
    [409, "all ports from 50000 to 50100 are in use", 5, undefined],
    [400, "Param conn_port must be a number, supplied: x", 2, undefined],
    [403, "user eve does not have access", 4, undefined],
  ])("%i %j is exit %i", (status, said, exit, hint) => {
    const fault = refused("g:443", status, said, "id");
    expect(fault).toMatchObject({
      exit,
      message: `the gateway "g:443" answered ${status}: ${JSON.stringify(said)}, request id`,
    });
    if (hint !== undefined) expect(fault.hint).toMatch(hint);
  });
});

describe("a gateway's URL", () => {
  it.each([
    ["https://gw.example.com", "gw.example.com", 443],
    ["https://[2001:db8::7]:8443/", "2001:db8::7", 8443],
  ])("%s", (url, host, port) => {
    expect(gatewayAt(url)).toEqual({ host, port });
  });
  it.each([
    "http://gw.example.com",
    "gw.example.com",
    "https://u:p@gw.example.com",
    "https://gw.example.com/x",
    "https://gw.example.com?x",
    "",
  ])("%j is none", (url) => {
    expect(() => gatewayAt(url)).toThrow(expect.objectContaining({ code: "gateway/bad-url", exit: 2 }));
  });
});
