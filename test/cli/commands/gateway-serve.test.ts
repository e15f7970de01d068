/** `sallyport gateway serve` runs the daemon as its unit does. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { packageRoot } from "../../../base/tools.js";
import { NODE_FLAGS } from "../../../cli/commands/gateway/serve.js";
import { test } from "../../fixtures/temporary.js";
import { nodeCommand } from "../../support/compiled.js";

const runtime = join(packageRoot, "dist/runtime");

test("with the same flags of Node", () => {
  const unit = readFileSync(join(packageRoot, "gateway/systemd/sallyport-gateway.service"), "utf8");
  const [, flags = ""] = /^ExecStart=\S+\/node (.*) \S+\/gateway\.mjs /m.exec(unit) ?? [];
  expect(flags.split(" ")).toEqual(NODE_FLAGS);
});

test("in place of the command's process, where Node can", async ({ dir, skip, onTestFinished }) => {
  const name = existsSync(runtime) ? readdirSync(runtime).find((each) => each.startsWith("node-")) : undefined;
  if (name === undefined) return skip("there is no Node of the hosts (npm run build)");
  // The daemon waits for its settings, for ever.
  const config = join(dir, "gateway.yaml");
  execFileSync("mkfifo", [config]);
  const [, ...words] = nodeCommand("cli/main.ts", ["gateway", "serve", "--config", config]);
  const child = spawn(join(runtime, name), words, { stdio: ["ignore", "ignore", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const command = () => readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0").slice(1, -1);
  const daemon = [...NODE_FLAGS, join(runtime, "gateway.mjs"), "serve", "--config", config];
  await expect.poll(command).toEqual(daemon);
});
