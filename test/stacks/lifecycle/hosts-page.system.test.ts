/** `sallyport ui` in front of a real Terraform: it stops, starts and terminates as the commands do. */
import { expect } from "vitest";
import { readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import type { AccessDocument, HostItem, OverviewDocument } from "../../../ui/documents.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { startUiCommand, type UiCommand } from "../../ui/support/ui-command.js";

let deployable: Deployable;
let ui: UiCommand;
let headers: Record<string, string>;

const origin = () => new URL(ui.url).origin;
const ask = (path: string, init: RequestInit = {}) =>
  fetch(origin() + path, { ...init, headers: { ...headers, Origin: origin(), ...init.headers } });
const post = (path: string, body: object = {}) => ask(path, { method: "POST", body: JSON.stringify(body) });
const read = async <T>(path: string) => (await (await ask(path)).json()) as T;
const overview = async () => read<OverviewDocument>("/api/overview");
const host = async (name: string) => (await overview()).hosts.find((each) => each.name === name) as HostItem;
const ended = () => expect.poll(async () => (await overview()).operation).toMatchObject({ state: "done" });

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  await deployable.configure(["ami: al2023", "count: 2", "caller: 203.0.113.7", "instance_type: g6.xlarge", ""]);
  const up = await deployable.run(["up", "--yes", "--no-wait"]);
  expect(up.code, up.stderr.slice(-3_000)).toBe(0);
  Object.assign(process.env, deployable.env);
  ui = await startUiCommand(deployable.project, deployable.env);
  const code = new URL(ui.url).hash.replace("#sign-in=", "");
  const signedIn = await fetch(`${origin()}/api/sign-in`, {
    method: "POST",
    headers: { Origin: origin() },
    body: JSON.stringify({ code }),
  });
  const cookie = signedIn.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  headers = { Cookie: cookie, "X-Sallyport-Key": ((await signedIn.json()) as { key: string }).key };
});
test.afterAll(async () => {
  await ui?.stop();
});

test("what is deployed, with a price, and without a connection to the emulator's made-up addresses", async () => {
  const { deployments, hosts, project } = await overview();
  expect(project).toBe(deployable.project);
  expect(deployments).toEqual([{ name: "accelerator-hosts", account: "123456789012", region: "us-east-1" }]);
  expect(hosts).toMatchObject([
    { name: "accelerator-1", state: "running", price: { usd_per_hour: 0.8048, source: "list price of us-east-1" } },
    { name: "accelerator-2", state: "running", ends: ["term", "stop"] },
  ]);
  expect(await read("/api/hosts/accelerator-1")).toEqual({
    agent: "down",
    error: {
      message: "AWS is emulated, so accelerator-1 has not booted",
      hint: '"sallyport demo --keep" boots a host on this machine',
    },
  });
});

test("a host is stopped and started, one operation at a time, and its new address is known", async () => {
  expect((await post("/api/hosts/accelerator-1/stop", { mode: "stop" })).status).toBe(202);
  expect((await post("/api/hosts/accelerator-2/stop", { mode: "stop" })).status).toBe(409);
  await ended();
  expect(await host("accelerator-1")).toMatchObject({ state: "stopped", can_start: true });
  expect((await host("accelerator-2")).state).toBe("running");
  expect((await post("/api/hosts/accelerator-1/start")).status).toBe(202);
  await ended();
  const started = await host("accelerator-1");
  expect(started.state).toBe("running");
  const [deployed] = (await readOutputs({ projectDir: deployable.project })).hosts;
  expect([started.address, started.address]).toEqual([deployed?.public_ip, expect.stringMatching(/^\d+(\.\d+){3}$/)]);
});

test("access is granted with its reason, listed beside the deployment's own rules, and ended", async () => {
  const grant = { name: "ada", from: ["198.51.100.20"], ports: ["22"], for: "8h", why: "debug the build" };
  expect((await post("/api/access/grant", grant)).status).toBe(204);
  const { rules } = await read<AccessDocument>("/api/access");
  expect(rules[0]).toMatchObject({ kind: "lease", who: ["ada"], source: "198.51.100.20/32", why: "debug the build" });
  expect(rules.slice(1).map(({ kind, ports }) => [kind, ports])).toEqual(
    ["22", "80", "443"].map((port) => ["deployment", port]),
  );
  expect((await post("/api/access/revoke", { holder: "ada", confirmed: false })).status).toBe(204);
  expect((await read<AccessDocument>("/api/access")).rules).toHaveLength(3);
});

test("a host is terminated, and the rest of the deployment stays", async () => {
  expect((await post("/api/hosts/accelerator-2/stop", { mode: "term" })).status).toBe(202);
  await ended();
  expect(["terminated", "shutting-down", "gone"]).toContain((await host("accelerator-2"))?.state ?? "gone");
  expect((await host("accelerator-1")).state).toBe("running");
});
