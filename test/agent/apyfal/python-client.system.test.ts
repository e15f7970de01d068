/**
 * The same day through Python: forms, pinning and pooling are those of Python's requests. Apyfal's own package is driven
 * where Python finds it, installed or by PYTHONPATH, and else a stand-in that asks the same.
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
const isReal = found && has("apyfal");
const standIn = join(import.meta.dirname, "stand-in");
if (!found) console.warn(`skipped: ${python} has no "requests", so no Python client can ask the agent`);
else if (!isReal) console.warn(`${python} has no "apyfal": a stand-in asks for it`);

/** A user whose home has the certificate as Sallyport keeps it, and nothing of Apyfal's. */
function userOf(agent: ApyfalAgent) {
  const home = join(agent.base, "user");
  mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  cpSync(join(agent.base, "cert"), join(home, ".ssh/sallyport.crt"));
  const env = {
    HOME: home,
    // Where these are set, requests takes them instead of the given certificate.
    REQUESTS_CA_BUNDLE: "",
    CURL_CA_BUNDLE: "",
    // Packages that were installed for the user only are found by the home, which is another here.
    ...(isReal ? { PYTHONUSERBASE: userBase() } : { PYTHONPATH: standIn }),
  };
  return {
    home,
    run: async (program: string, ...args: string[]) => (await execa(program, args, { env, cwd: agent.base })).stdout,
  };
}

const userBase = () => spawnSync(python, ["-m", "site", "--user-base"], { encoding: "utf8" }).stdout.trim();

async function start(): Promise<ApyfalAgent> {
  const agent = await startApyfalAgent();
  onTestFinished(() => agent.stop());
  return agent;
}

test.skipIf(!found)("A-71, A-73, A-74, A-75, A-76: Python starts, processes and stops", async () => {
  const agent = await start();
  writeFileSync(join(agent.base, "src"), "sallyport-".repeat(250_000));
  const { home, run } = userOf(agent);
  cpSync(join(agent.base, "cert"), join(home, ".ssh/ApyfalCertificate.crt"));
  const stdout = await run(
    python,
    "-W",
    "ignore",
    "-c",
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

test.skipIf(!found)(
  "T-20: what docs/tasks/fpga-with-apyfal.md says to type is what is run here, word for word",
  async () => {
    const agent = await start();
    const page = readFileSync(join(root, "docs/tasks/fpga-with-apyfal.md"), "utf8");
    const [, call = ""] = /^```python\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const commands = [...page.matchAll(/^\$ (?!sallyport up$)(.*)$/gm)].map(([, command = ""]) => command);
    writeFileSync(join(agent.base, "in.bin"), "sent");
    writeFileSync(join(agent.shared, "in.bin"), "on the host");
    const { run } = userOf(agent);
    for (const command of commands) await run("sh", "-ec", command);
    const here = call
      .replaceAll("https://203.0.113.9", agent.url)
      .replaceAll("/var/lib/sallyport/shared", agent.shared);
    await run(python, "-W", "ignore", "-c", here);
    expect(readFileSync(join(agent.base, "out.bin"), "utf8")).toBe("SENT");
    expect(readFileSync(join(agent.shared, "out.bin"), "utf8")).toBe("ON THE HOST");
  },
);
