/** Checks the programs that the kit runs, and explains what fails without each. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "../../base/tools.js";
import { missing, ok, optional, type Row, rowOf } from "./row.js";

const OLDEST_NODE = "20.19.0";

type Environment = NodeJS.ProcessEnv;

export async function programRows(env: Environment): Promise<Row[]> {
  const demo = "only the demo's host on this machine needs it";
  return [
    nodeRow(process.versions.node),
    await terraformRow(env),
    await providerRow(env),
    await emulatorRow(),
    programRow("ssh", env, "apt-get install openssh-client", '"sallyport ssh" needs it'),
    programRow("sshd", env, "apt-get install openssh-server", demo),
    programRow("nft", env, "apt-get install nftables", demo),
    programRow("ip", env, "apt-get install iproute2", demo),
    systemdRow(demo),
  ];
}

export function nodeRow(version: string): Row {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok("node", version);
  return missing("node", `${version} is too old`, `install Node ${OLDEST_NODE} or newer from https://nodejs.org`);
}

function programRow(program: string, env: Environment, mend: string, why: string): Row {
  const path = findProgram(program, env);
  return path === undefined ? optional(program, `not found; ${why}`, mend) : ok(program, path);
}

function systemdRow(why: string): Row {
  const path = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((candidate) => existsSync(candidate));
  return path === undefined ? optional("systemd", `not found; ${why}`, "apt-get install systemd") : ok("systemd", path);
}

function terraformRow(env: Environment): Promise<Row> {
  return rowOf(
    "terraform",
    async () => {
      const { Terraform } = await import("../../stacks/terraform/run.js");
      // A log level that leaks secrets has a row of its own.
      const { binary, version } = await Terraform.find({ dir: ".", env: { ...env, TF_LOG: "", TF_LOG_PROVIDER: "" } });
      return ok("terraform", `${version} (${binary})`);
    },
    "missing",
  );
}

/** Calls the same function as a deployment, and reports its choice. */
function providerRow(env: Environment): Promise<Row> {
  const check = "aws provider";
  return rowOf(check, async () => {
    const { terraformEnv } = await import("../../stacks/terraform/cli-config.js");
    const settled = (await terraformEnv({ env })).TF_CLI_CONFIG_FILE;
    if (settled === undefined) return ok(check, "where your own Terraform configuration says");
    const text = await readFile(settled, "utf8");
    const mirror = /^\s*path\s*=\s*"(.*)"/m.exec(text)?.[1];
    if (mirror !== undefined) return ok(check, mirror);
    const cache = /^plugin_cache_dir = "(.*)"/m.exec(text)?.[1];
    if (cache !== undefined && existsSync(join(cache, "registry.terraform.io/hashicorp/aws"))) return ok(check, cache);
    return optional(
      check,
      "not on this machine; the first deploy downloads it",
      "without Internet, fill a mirror elsewhere: terraform providers mirror ~/.terraform.d/plugins",
    );
  });
}

async function emulatorRow(): Promise<Row> {
  const { findEmulator } = await import("../emulator/emulator.js");
  const path = findEmulator();
  if (path !== undefined) return ok("moto_server", path);
  return optional("moto_server", "not found; the demo and the tests need it", "pip install 'moto[server]'");
}
