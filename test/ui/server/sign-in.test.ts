/** Who gets in: the link, the session's two secrets, and the names and origins that are refused. */
import { connect } from "node:net";
import { expect, test } from "vitest";
import { Sessions } from "../../../ui/server/sessions.js";
import { codeOf, json, startTestUi } from "../support/ui-server.js";

test("a link signs one browser in, once, and its cookie is for this server alone", async () => {
  const ui = await startTestUi();
  const code = codeOf(ui.server);
  const signIn = () => ui.ask("/api/sign-in", { method: "POST", body: JSON.stringify({ code }) });
  const first = await signIn();
  expect(first.status).toBe(200);
  expect(first.headers["set-cookie"]).toMatch(
    new RegExp(`^sallyport-ui-${ui.server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
  );
  const second = await signIn();
  expect([second.status, json(second).detail]).toEqual([
    410,
    'this link was used already, or is too old: press Enter where "sallyport ui" runs',
  ]);
});

test("links and sessions end by themselves", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const [early, late] = [sessions.offer(), sessions.offer()];
  const session = sessions.redeem(early.code);
  now = early.seconds * 1000;
  expect(sessions.redeem(late.code)).toBeUndefined();
  expect(sessions.withCookie(session?.cookie)).toBeDefined();
  now += 12 * 3_600_000;
  expect(sessions.withCookie(session?.cookie)).toBeDefined();
  now += 12 * 3_600_000 + 1;
  expect(sessions.withCookie(session?.cookie)).toBeUndefined();
});

test("neither the cookie nor the key opens anything alone", async () => {
  const ui = await startTestUi();
  const { Cookie = "", "X-Sallyport-Key": key = "" } = await ui.signIn();
  const other = await ui.signIn();
  const statuses = [
    {},
    { Cookie },
    { "X-Sallyport-Key": key },
    { Cookie, "X-Sallyport-Key": `${key}x` },
    { Cookie, "X-Sallyport-Key": other["X-Sallyport-Key"] ?? "" },
  ].map(async (headers) => (await ui.ask("/api/overview", { headers })).status);
  expect(await Promise.all(statuses)).toEqual([401, 401, 401, 401, 401]);
  expect((await ui.ask("/api/overview", { headers: { Cookie, "X-Sallyport-Key": key } })).status).toBe(200);
  const unknown = await ui.ask("/api/nothing", { headers: { Cookie } });
  expect(unknown.status, "without a session, paths that exist look as those that do not").toBe(401);
});

test("signing out ends the session for all tabs", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  const out = await ui.ask("/api/sign-out", { method: "POST", headers });
  expect([out.status, out.headers["set-cookie"]]).toEqual([204, expect.stringContaining("Max-Age=0")]);
  expect((await ui.ask("/api/overview", { headers })).status).toBe(401);
});

test.each([
  "evil.example",
  "evil.example:PORT",
  "127.0.0.1",
  "127.0.0.1:1",
  "127.0.0.1.evil.example:PORT",
  "0.0.0.0:PORT",
  "",
])("a name that was pointed here is refused, the page itself included: %j", async (host) => {
  const ui = await startTestUi();
  const headers = { ...(await ui.signIn()), Host: host.replace("PORT", String(ui.server.port)) };
  for (const path of ["/", "/api/overview"]) expect((await ui.ask(path, { headers })).status).toBe(421);
});

test("localhost and both loopback addresses are answered", async () => {
  const ui = await startTestUi();
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"]) {
    expect((await ui.ask("/", { headers: { Host: `${host}:${ui.server.port}` } })).status).toBe(200);
  }
});

test("no other address of this machine is listened on", async () => {
  const ui = await startTestUi();
  const refused = await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.2", port: ui.server.port });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once("connect", () => resolve("connected"));
  });
  expect(refused).toBe("ECONNREFUSED");
});

test.each([
  ["another site", { Origin: "https://evil.example" }],
  ["another port of this machine", { Origin: "http://127.0.0.1:1" }],
  ["another name of this machine", { Origin: "http://localhost:PORT" }],
  ["a page without an origin", { Origin: "null" }],
  ["what the browser calls another site", { "Sec-Fetch-Site": "cross-site" }],
  ["what the browser calls the same site", { "Sec-Fetch-Site": "same-site" }],
])("a change is refused that comes from %s, even with both secrets", async (_, from) => {
  const stopped: string[] = [];
  const ui = await startTestUi({ stop: async (name) => String(stopped.push(name)) });
  const named = Object.entries(from).map(([name, value]) => [name, value.replace("PORT", String(ui.server.port))]);
  const headers = { ...(await ui.signIn()), ...Object.fromEntries(named) };
  const reply = await ui.ask("/api/hosts/accelerator-1/stop", { method: "POST", headers, body: '{"mode":"stop"}' });
  expect([reply.status, stopped]).toEqual([403, []]);
});

test("a change without an Origin is refused: every browser sends one", async () => {
  const ui = await startTestUi();
  const session = await ui.signIn();
  const headers = { ...session, Origin: "" };
  const lines = `POST /api/sign-out HTTP/1.1\r\nHost: 127.0.0.1:${ui.server.port}\r\nCookie: ${session.Cookie}\r\n`;
  const raw = `${lines}X-Sallyport-Key: ${session["X-Sallyport-Key"]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  const { send } = await import("../../agent/support/wire.js");
  expect((await send({ port: ui.server.port }, raw)).toString()).toMatch(/^HTTP\/1\.1 403 /);
  expect(
    (await ui.ask("/api/overview", { headers: { ...headers, Origin: `http://127.0.0.1:${ui.server.port}` } })).status,
  ).toBe(200);
});

test("no preflight allows another site anything", async () => {
  const ui = await startTestUi();
  const headers = { Origin: "https://evil.example", "Access-Control-Request-Headers": "x-sallyport-key" };
  const reply = await ui.ask("/api/overview", { method: "OPTIONS", headers });
  expect(reply.status).toBeGreaterThanOrEqual(400);
  expect(Object.keys(reply.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
});
