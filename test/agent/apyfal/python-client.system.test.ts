/** The same day through Python's requests, which Apyfal's client is made of: forms, pinning and pooling are its own. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { startApyfalAgent } from "./apyfal-agent.js";

// The emulator of AWS brings requests with it, in the folder of tools where it was installed there.
const own = join(import.meta.dirname, "../../../.sallyport/venv/bin/python");
const python = existsSync(own) ? own : "python3";
const found = spawnSync(python, ["-c", "import requests"]).status === 0;
if (!found) console.warn(`skipped: ${python} has no "requests", so no Python client can ask the agent`);

test.skipIf(!found)("A-71, A-73, A-74, A-75, A-76: python-requests starts, processes and stops", async () => {
  const agent = await startApyfalAgent();
  writeFileSync(join(agent.base, "src"), "sallyport-".repeat(250_000));
  const script = join(import.meta.dirname, "python-client.py");
  // Where these are set, requests takes them instead of the session's own certificate.
  const env = { REQUESTS_CA_BUNDLE: "", CURL_CA_BUNDLE: "" };
  const { stdout } = await execa(python, ["-W", "ignore", script, agent.url, join(agent.base, "cert"), agent.base], {
    env,
  });
  expect(JSON.parse(stdout)).toMatchObject([
    { status: 0, specific: { mode: "1" }, profiling: { "total-bytes-read": 2_500_000 } },
    { status: 0, msg: "", specific: { mode: "2" } },
  ]);
  expect(readFileSync(join(agent.base, "dst"), "utf8")).toBe("SALLYPORT-".repeat(250_000));
  await agent.stop();
});
