/** The deployed host, booted: what `sallyport demo` makes, held open for tests. Needs a built package. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defined } from "../../../base/defined.js";
import { Fault } from "../../../base/fault.js";
import type { RunOptions, RunResult } from "../../../base/process/run.js";
import { findProgram, packageRoot } from "../../../base/tools.js";
import { demoEnv, deploy as deployTo } from "../../../local/emulator/deploy.js";
import { startEmulator } from "../../../local/emulator/emulator.js";
import { emulatorEc2, type InstanceFacts, readInstance } from "../../../local/emulator/instance.js";
import { instanceRole } from "../../../local/emulator/instance-role.js";
import { type DemoDir, openDemoDir } from "../../../local/machine/demo-dir.js";
import { Host, type Image } from "../../../local/machine/host.js";
import { type NamespaceSupport, namespaceSupport } from "../../../local/machine/preflight.js";
import { type DeployedHost, readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { sharedCache, terraformForTests } from "../../support/terraform.js";

const CALLER = "198.51.100.7";
const outside = { caller: CALLER, stranger: "203.0.113.9" };

/** @returns why a deployed host cannot be booted here, or what it takes. */
export async function whatItTakes(): Promise<NamespaceSupport | string> {
  if (findProgram("moto_server") === undefined) return "moto_server is not installed";
  if ((findProgram("terraform") ?? findProgram("tofu")) === undefined) return "there is no Terraform";
  if (!existsSync(join(packageRoot, "dist/local/emulator/deploy-main.js"))) return "the package is not built";
  return namespaceSupport();
}

export interface Deployed {
  readonly dir: DemoDir;
  readonly env: Readonly<Record<string, string>>;
  readonly facts: InstanceFacts;
  readonly outputs: DeployedHost;
  readonly token: string;
  readonly certificate: string;
  /** For curl's `--pinnedpubkey`. */
  readonly pin: string;
  readonly privateKey: string;
  /** Boots the instance: on a view of this machine until its user data has run, or up to systemd from an image. */
  boot(image?: Image): Promise<Host>;
  close(): Promise<void>;
}

export async function deploy(support: NamespaceSupport): Promise<Deployed> {
  const root = await mkdtemp(join(tmpdir(), "sallyport-e2e-"));
  const dir = await openDemoDir(root, { ami: "al2023", caller: CALLER });
  const emulator = await startEmulator({ dir: dir.logs });
  const env = {
    ...(await demoEnv(dir, emulator)),
    ...(await terraformForTests(root)),
    XDG_CACHE_HOME: sharedCache(root),
  };
  const ec2 = emulatorEc2(env);
  const close = async () => {
    ec2.destroy();
    await emulator.stop();
    await dir.release();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await deployTo({ dir, env, inNamespace: true });
    const [outputs] = (await readOutputs({ projectDir: dir.project })).hosts;
    if (outputs === undefined) throw new Error("no host was deployed");
    const facts = { ...(await readInstance(ec2, outputs.instance_id)), defaultUser: outputs.ssh_user };
    const role = await instanceRole(env, facts);
    const boot = async (image?: Image) => {
      const more = defined({ role, image });
      const host = await Host.boot({ facts, ...more, emulatorUrl: emulator.url, outside, dir: dir.logs, ...support });
      await host.reloadRules(ec2);
      if (image === undefined) await host.userDataDone();
      return host;
    };
    const ssh = join(dir.home, ".ssh");
    const certificate = join(ssh, "sallyport.crt");
    const key = new X509Certificate(await readFile(certificate)).publicKey.export({ type: "spki", format: "der" });
    const pin = `sha256//${createHash("sha256").update(key).digest("base64")}`;
    const token = (await readFile(join(ssh, "sallyport.token"), "utf8")).trim();
    return { dir, env, facts, outputs, token, certificate, pin, privateKey: join(ssh, "sallyport.pem"), boot, close };
  } catch (error) {
    await close();
    if (error instanceof Fault) throw new Error(`${error.message}\n${error.hint}`);
    throw error;
  }
}

/** A program on the caller's machine. */
export function fromCaller(
  host: Host,
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return host.network.machine("caller").run(program, args, options);
}
