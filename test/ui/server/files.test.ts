/** Files and jobs through the server: passed on as they come, and never past the agent's directories. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attachment } from "../../../ui/server/routes/files.js";
import { CANARY } from "../../agent/support/test-agent.js";
import { json, startTestUi, type TestUi } from "../support/ui-server.js";

const FILES = "/api/hosts/accelerator-1/files";

/** Follows a link as a browser does: with the cookie, and without the key. */
async function download(ui: TestUi, headers: Record<string, string>, what: object, more: Record<string, string> = {}) {
  const made = await ui.ask("/api/hosts/accelerator-1/downloads", {
    method: "POST",
    headers,
    body: JSON.stringify(what),
  });
  expect(made.status).toBe(201);
  return ui.ask(json(made).url, { headers: { Cookie: headers.Cookie ?? "", ...more } });
}

test("what is uploaded is listed, downloaded and removed; its name is kept, whatever it holds", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  const name = "<img src=x onerror=alert(1)> \u202e 100% ä;\"'.bin";
  const path = `${FILES}/shared/${encodeURIComponent(name)}`;
  const content = Buffer.alloc(3_000_000, "content");
  expect((await ui.ask(path, { method: "PUT", headers, body: content })).status).toBe(201);
  expect(readFileSync(join(ui.agent.shared, name)).equals(content)).toBe(true);
  const listing = json(await ui.ask(`${FILES}/shared`, { headers }));
  expect(listing).toMatchObject({
    path: "shared",
    entries: [{ name, type: "file", size: content.length }],
    not_shown: 0,
  });
  const got = await download(ui, headers, { path: `shared/${name}` });
  expect([got.status, got.body.equals(content)]).toEqual([200, true]);
  expect(got.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": attachment(name),
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  const part = await download(ui, headers, { path: `shared/${name}` }, { Range: "bytes=0-6" });
  expect([part.status, part.body.toString()]).toEqual([206, "content"]);
  expect((await ui.ask(path, { method: "DELETE", headers })).status).toBe(204);
  expect(readdirSync(ui.agent.shared)).toEqual([]);
});

test("no file is replaced unless that is asked for", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  writeFileSync(join(ui.agent.shared, "a"), "old");
  const put = (more: Record<string, string>) =>
    ui.ask(`${FILES}/shared/a`, { method: "PUT", headers: { ...headers, ...more }, body: "new" });
  const refused = await put({ "If-None-Match": "*" });
  expect([refused.status, readFileSync(join(ui.agent.shared, "a"), "utf8")]).toEqual([409, "old"]);
  expect([(await put({})).status, readFileSync(join(ui.agent.shared, "a"), "utf8")]).toEqual([204, "new"]);
});

test("an upload into a read-only directory, or none, says so in the agent's words", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  const put = async (path: string) => {
    const reply = await ui.ask(`${FILES}/${path}`, { method: "PUT", headers, body: "x" });
    return [reply.status, json(reply).detail.replace(/, request .*/, "")];
  };
  expect(await put("data/x")).toEqual([
    403,
    'the host answered 403 to "/v1/files/data/x": "the directory \\"data\\" is read-only"',
  ]);
  expect(await put("etc/x")).toEqual([
    404,
    'the host answered 404 to "/v1/files/etc/x": "there is nothing at this path"',
  ]);
});

test("an upload that the host refuses is answered with its reason, however much is still to come", async () => {
  const ui = await startTestUi({}, { agent: { yaml: "max_upload_bytes: 1000000" } });
  const headers = await ui.signIn();
  const body = Buffer.alloc(60_000_000);
  const reply = await ui.ask(`${FILES}/shared/large`, { method: "PUT", headers, body });
  expect([reply.status, readdirSync(ui.agent.shared)]).toEqual([502, []]);
  expect(json(reply).detail).toMatch(/^the host answered 413 to /);
});

test.each([
  "shared/../canary",
  "shared/%2e%2e/canary",
  "shared/..%2fcanary",
  "shared/%2e%2e%2fcanary",
  "../../v1/host",
  "shared/..%5ccanary",
  "shared/%00",
  "shared/%ff",
  "%2fetc/passwd",
  "",
])("nothing outside the directories is read or written: %s", async (path) => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  for (const method of ["GET", "PUT", "DELETE"]) {
    const reply = await ui.ask(`${FILES}/${path}`, { method, headers, ...(method === "PUT" ? { body: "x" } : {}) });
    expect(reply.status, method).toBeGreaterThanOrEqual(400);
    expect(reply.status, method).toBeLessThan(500);
    expect(reply.raw.toString()).not.toContain(CANARY);
  }
  expect(readFileSync(join(ui.agent.base, "canary"), "utf8")).toBe(CANARY);
  if (path === "") return;
  const got = await download(ui, headers, { path: decodeURIComponent(path.replace("%ff", "..")) });
  expect(got.status).toBeGreaterThanOrEqual(400);
});

test("a link of a download is of no use without the cookie, in another session, or if it is made up", async () => {
  const ui = await startTestUi();
  const [mine, other] = [await ui.signIn(), await ui.signIn()];
  writeFileSync(join(ui.agent.shared, "a"), "secret");
  const made = await ui.ask("/api/hosts/accelerator-1/downloads", {
    method: "POST",
    headers: mine,
    body: '{"path":"shared/a"}',
  });
  const { url } = json(made);
  const statusOf = async (headers: Record<string, string>, at = url) => (await ui.ask(at, { headers })).status;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf({ Cookie: other.Cookie ?? "" })).toBe(404);
  expect(await statusOf({ Cookie: mine.Cookie ?? "" }, "/download/x")).toBe(404);
  expect(await statusOf({ Cookie: mine.Cookie ?? "" })).toBe(200);
});

test("jobs are listed, followed to their end, and their output is downloaded", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  const id = await ui.agent.submit("upper", "abc");
  const events = await ui.ask(`/api/hosts/accelerator-1/jobs/${id}/events`, { headers });
  expect(events.headers["content-type"]).toBe("text/event-stream");
  expect(events.body.toString()).toMatch(/event: state\n.*"state":"done"/s);
  const { jobs } = json(await ui.ask("/api/hosts/accelerator-1/jobs", { headers }));
  expect(jobs).toMatchObject([{ id, accelerator: "upper", state: "done" }]);
  expect((await download(ui, headers, { job: id })).body.toString()).toBe("ABC");
  const slow = await ui.agent.submit("slow");
  const cancelled = await ui.ask(`/api/hosts/accelerator-1/jobs/${slow}/cancel`, { method: "POST", headers });
  expect(json(cancelled)).toMatchObject({ id: slow, state: "cancelled" });
});

test.each(["..", "%2e%2e%2fhost", "x/../../host", "a%20b"])("an id of a job is no path: %s", async (id) => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  for (const suffix of ["", "/events"]) {
    expect((await ui.ask(`/api/hosts/accelerator-1/jobs/${id}${suffix}`, { headers })).status).toBeGreaterThanOrEqual(
      400,
    );
  }
  expect(ui.failures).toEqual([]);
});

test("the report of an agent counts as no use of its host", async () => {
  const ui = await startTestUi();
  const headers = await ui.signIn();
  const report = json(await ui.ask("/api/hosts/accelerator-1", { headers }));
  expect(report).toMatchObject({
    agent: "up",
    directories: [
      { name: "shared", mode: "rw" },
      { name: "data", mode: "ro" },
    ],
    accelerators: { accelerators: expect.arrayContaining([expect.objectContaining({ name: "upper" })]) },
  });
  // The routes that the agent marks as no use.
  const asked = ui.agent.log.filter(({ event }) => event === "access").map(({ path }) => path);
  expect(asked.sort()).toEqual(["/v1/accelerators", "/v1/files", "/v1/idle"]);
});
