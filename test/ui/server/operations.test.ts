/** Starts, stops and access: one at a time, followed by every tab, with both lines of what went wrong. */
import { expect, test } from "vitest";
import { EXIT, Fault } from "../../../base/fault.js";
import type { Progress } from "../../../ui/server/backend.js";
import { HOST, json, startTestUi } from "../support/ui-server.js";

/** A stop that reports a step, and ends when the test says so. */
function heldStop() {
  let end = (_error?: Error) => {};
  const stop = (_name: string, _mode: string, { onStep }: Progress) => {
    onStep("accelerator-1 is stopping");
    return new Promise<string | undefined>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve("the addresses are not known") : reject(error));
    });
  };
  return { stop, end: (error?: Error) => end(error) };
}

const POST = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
const STOP = "/api/hosts/accelerator-1/stop";

test("a second operation is refused while one runs; all tabs see its progress and its end", async () => {
  const held = heldStop();
  const ui = await startTestUi({ stop: held.stop });
  const headers = await ui.signIn();
  const begun = await ui.ask(STOP, { ...POST({ mode: "stop" }), headers });
  expect(begun.status).toBe(202);
  expect(json(begun)).toMatchObject({
    title: "stop accelerator-1",
    state: "running",
    lines: ["accelerator-1 is stopping"],
  });
  const grant = { name: "ada", from: ["caller"], ports: ["22"], for: "8h", why: "" };
  const second = await ui.ask("/api/access/grant", { ...POST(grant), headers });
  expect(second.status).toBe(409);
  expect(json(second)).toMatchObject({
    detail: '"stop accelerator-1" is still running',
    hint: "wait until it has ended, then try again",
  });
  held.end();
  await expect
    .poll(async () => json(await ui.ask("/api/overview", { headers })).operation)
    .toMatchObject({ state: "done", warning: "the addresses are not known" });
  expect((await ui.ask("/api/access/grant", { ...POST(grant), headers })).status).toBe(204);
});

test("what was seen before an operation ended is not shown after it", async () => {
  let state = "running";
  const ui = await startTestUi({
    hosts: async () => ({ hosts: [{ ...HOST, state }] }),
    stop: async () => {
      state = "stopped";
      return undefined;
    },
  });
  const headers = await ui.signIn();
  const stateNow = async () => json(await ui.ask("/api/overview", { headers })).hosts[0].state;
  expect(await stateNow()).toBe("running");
  await ui.ask(STOP, { ...POST({ mode: "stop" }), headers });
  expect(await stateNow()).toBe("stopped");
});

test("an operation that fails keeps both lines of its error", async () => {
  const held = heldStop();
  const ui = await startTestUi({ stop: held.stop });
  const headers = await ui.signIn();
  await ui.ask(STOP, { ...POST({ mode: "term" }), headers });
  held.end(new Fault("x/y", "it is not ours", { hint: "leave it" }));
  await expect
    .poll(async () => json(await ui.ask("/api/overview", { headers })).operation)
    .toMatchObject({
      title: "terminate accelerator-1",
      state: "failed",
      error: { message: "it is not ours", hint: "leave it" },
    });
});

test("a lockout is told by its code, so that the page can ask", async () => {
  const asked: boolean[] = [];
  const ui = await startTestUi({
    revoke: async (_holder, confirmed) => {
      asked.push(confirmed);
      if (!confirmed) throw new Fault("firewall/lockout", "this would lock you out", { exit: EXIT.conflict });
      return undefined;
    },
  });
  const headers = await ui.signIn();
  const revoke = (confirmed: boolean) =>
    ui.ask("/api/access/revoke", { ...POST({ holder: "ada", confirmed }), headers });
  const refused = await revoke(false);
  expect([refused.status, json(refused).code]).toEqual([409, "firewall/lockout"]);
  expect((await revoke(true)).status).toBe(204);
  expect(asked).toEqual([false, true]);
});

test.each([
  [STOP, { mode: "keep" }],
  [STOP, { mode: "stop", more: 1 }],
  [STOP, {}],
  ["/api/access/grant", { name: "ada", from: [], ports: ["22"], for: "8h", why: "" }],
  ["/api/access/revoke", { holder: "ada" }],
])("a document of another shape changes nothing: %s %j", async (path, body) => {
  const ui = await startTestUi({
    stop: () => Promise.reject(new Error("called")),
    grant: () => Promise.reject(new Error("called")),
    revoke: () => Promise.reject(new Error("called")),
  });
  const reply = await ui.ask(path, { ...POST(body), headers: await ui.signIn() });
  expect([reply.status, ui.failures]).toEqual([400, []]);
});

test("hosts that do not answer, or have no agent, are no error of the page", async () => {
  const ui = await startTestUi({
    hosts: async () => ({
      hosts: [HOST],
      problem: { message: "AWS cannot be reached", hint: "is this machine online?" },
    }),
    agent: async (name) => {
      if (name === "ssh-only") return undefined;
      throw new Fault("client/certificate-expired", "the certificate expired", { hint: "make a new one" });
    },
  });
  const headers = await ui.signIn();
  const get = async (path: string) => json(await ui.ask(path, { headers }));
  expect(await get("/api/overview")).toMatchObject({
    problem: { message: "AWS cannot be reached" },
    hosts: [{ name: HOST.name }],
  });
  expect(await get("/api/hosts/ssh-only")).toEqual({ agent: "none" });
  expect(await get("/api/hosts/accelerator-1")).toEqual({
    agent: "down",
    error: { message: "the certificate expired", hint: "make a new one" },
  });
  expect(await get("/api/hosts/ssh-only/jobs")).toMatchObject({ detail: '"ssh-only" has no agent' });
});

test("an unexpected error is told, and handed to the terminal", async () => {
  const ui = await startTestUi({ access: () => Promise.reject(new Error("boom")) });
  const reply = await ui.ask("/api/access", { headers: await ui.signIn() });
  expect([reply.status, json(reply).detail, ui.failures]).toEqual([500, "boom", [new Error("boom")]]);
});
