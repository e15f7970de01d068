/**
 * The same day through Python: forms, pinning and pooling are those of Python's requests. Apyfal's own package is driven
 * where it is installed, and else a stand-in that asks the same.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../support/cli.js";
import { type ApyfalAgent, startApyfalAgent } from "./apyfal-agent.js";

// The emulator of AWS brings requests with it, in the folder of tools where it was installed there.
const own = join(root, ".sallyport/venv/bin/python");
const python = existsSync(own) ? own : "python3";
const has = (module: string) => spawnSync(python, ["-c", `import ${module}`]).status === 0;
const found = has("requests");
const library = found && has("apyfal") ? {} : { PYTHONPATH: join(import.meta.dirname, "stand-in") };
if (!found) console.warn(`skipped: ${python} has no "requests", so no Python client can ask the agent`);

/** With Apyfal's certificate in its home, and a folder to work in. */
async function run(agent: ApyfalAgent, program: string): Promise<string> {
  const home = join(agent.base, "user");
  mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  cpSync(join(agent.base, "cert"), join(home, ".ssh/ApyfalCertificate.crt"));
  // Where these are set, requests takes them instead of the given certificate.
  const env = { ...library, HOME: home, REQUESTS_CA_BUNDLE: "", CURL_CA_BUNDLE: "" };
  return (await execa(python, ["-W", "ignore", "-c", program], { env, cwd: agent.base })).stdout;
}

async function start(): Promise<ApyfalAgent> {
  const agent = await startApyfalAgent();
  onTestFinished(() => agent.stop());
  return agent;
}

test.skipIf(!found)("A-71, A-73, A-74, A-75, A-76: Python starts, processes and stops", async () => {
  const agent = await start();
  writeFileSync(join(agent.base, "src"), "sallyport-".repeat(250_000));
  const stdout = await run(
    agent,
    // Apyfal's info_dict needs a name that Python had until 3.9.
    `import collections, collections.abc, json
collections.Mapping = collections.abc.Mapping
import apyfal
started, processed, stopped = {}, {}, {}
with apyfal.Accelerator("capitals", host_ip="${agent.url}") as host:
    host.start(src="src", info_dict=started)
    specific = host.process(src="src", dst="dst", info_dict=processed)
    host.stop(info_dict=stopped)
print(json.dumps([*(one["app"] for one in (started, processed, stopped)), specific]))`,
  );
  expect(JSON.parse(stdout)).toMatchObject([
    { status: 0, specific: { mode: "0", input: "sallyport-sallyport-" } },
    { status: 0, profiling: { "total-bytes-read": 2_500_000 } },
    { status: 0, msg: "", specific: { mode: "2" } },
    { mode: "1", input: "sallyport-sallyport-" },
  ]);
  expect(readFileSync(join(agent.base, "dst"), "utf8")).toBe("SALLYPORT-".repeat(250_000));
});

test.skipIf(!found)("T-20: the call in docs/tasks/fpga-with-apyfal.md is this one", async () => {
  const agent = await start();
  const [, documented = ""] =
    /^```python\n([\s\S]*?)^```$/m.exec(readFileSync(join(root, "docs/tasks/fpga-with-apyfal.md"), "utf8")) ?? [];
  writeFileSync(join(agent.base, "in.bin"), "sent");
  writeFileSync(join(agent.shared, "in.bin"), "on the host");
  await run(
    agent,
    documented.replaceAll("https://203.0.113.9", agent.url).replaceAll("/var/lib/sallyport/shared", agent.shared),
  );
  expect(readFileSync(join(agent.base, "out.bin"), "utf8")).toBe("SENT");
  expect(readFileSync(join(agent.shared, "out.bin"), "utf8")).toBe("ON THE HOST");
});
