/** `sallyport demo gateway`, whole: the deployed gateway boots from its own user data. Needs a built package. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { missingPackages } from "../../local/machine/gateway-packages.js";
import { runGatewayDemo } from "../../local/scenarios/gateway-demo.js";
import type { ScenarioResult } from "../../local/scenarios/scenario.js";
import type { StepResult } from "../../local/scenarios/steps.js";
import { test } from "../fixtures/temporary.js";
import { whatItTakes } from "./support/deployed-host.js";

let why = "";
let dir = "";
let result: ScenarioResult | undefined;
let token = "";
const said: string[] = [];

test.beforeAll(async ({ fileDir }) => {
  dir = fileDir;
  const support = await whatItTakes();
  const missing = typeof support === "string" ? support : await missingPackages();
  if (typeof support === "string" || missing !== undefined) {
    why = missing ?? "";
    return;
  }
  const root = join(dir, "demo");
  const watcher = { started: () => undefined, ended: ({ cameBack }: StepResult) => said.push(cameBack) };
  const keep = async () => {
    token = (await readFile(join(root, "home/users/ada/token"), "utf8")).trim();
  };
  result = await runGatewayDemo({ root, watcher, support, keep });
});

/** By its name in the table. */
function step(ctx: { skip(why: string): never }, name: string): StepResult {
  if (result === undefined) return ctx.skip(`the gateway cannot be booted here: ${why}`);
  const found = result.steps.find((each) => each.step === name);
  // All of them: a step that the others need is the reason why this one is missing.
  expect(found, JSON.stringify(result.steps, null, 2)).toBeDefined();
  return found as StepResult;
}

const STEPS: readonly (readonly [string, RegExp])[] = [
  ["deploy", /resources/],
  ["boot", /systemd is up/],
  ["firewalls", /198\.51\.100\.7\/32 tcp dport 50000-50100/],
  ["user data", /sallyport: host ready/],
  ["lab", /build-1: sshd and HTTPS/],
  ["tokens", /one address only/],
  ["forwards", /50000 to build-1 \(10\.71\.1\.11:22\)/],
  ["SSH", /10\.71\.1\.11/],
  // A forwarded connection keeps its user's address; from inside it comes from the gateway's.
  ["HTTPS", /build-1 saw 198\.51\.100\.7/],
  ["hairpin", /build-1 saw 10\.71\.1\.\d+/],
  ["way out", /the gateway's public address/],
  ["no token", /401/],
  ["other user", /ben sees none\nDELETE gives ben 404/],
  ["stolen token", /ada gets 200, whoever has her token elsewhere 40[13]/],
  ["stranger", /^(?:\d+: no answer\n?)+$/],
  ["control", /rule added: answered\nrule removed: no answer/],
  ["alive or dead", /50000 build-1: alive\n50001 build-1: alive\n50002 build-3: dead/],
  ["kill -9", /back with 50000, 50001, 50002, read from PostgreSQL\nthe session is still open/],
  ["revoked", /the session ended \d+ ms after the answer/],
  ["usage", /50001 build-1: [1-9]\d* connections, [1-9]\d* bytes/],
  ["boot script", /the same forwards: 50001, 50002/],
  ["second deploy", /0 added, 0 changed, 0 destroyed/],
];

for (const [name, cameBack] of STEPS) {
  test(`step "${name}"`, ({ skip }) => {
    expect(step({ skip }, name)).toMatchObject({ verdict: "ok", cameBack: expect.stringMatching(cameBack) });
  });
}

test("nothing that it shows, and none of its logs, holds a token", async ({ skip }) => {
  step({ skip }, "tokens");
  expect(token).not.toBe("");
  expect(said.join("\n")).not.toContain(token);
  for (const name of ["host.log", "deploy.log", "console.log"]) {
    expect(await readFile(join(dir, "demo/logs", name), "utf8")).not.toContain(token);
  }
});

test("nothing is left: its processes and its namespaces are gone", ({ skip }) => {
  const booted = step({ skip }, "boot");
  const pid = /process (\d+)/.exec(booted.cameBack)?.[1];
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});
