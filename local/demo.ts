/**
 * The main job from one end to the other, without an AWS account: emulator, the real `cdktf deploy`, the
 * deployed instance booted on this machine, and then its user and a stranger at its door.
 */
import { join } from "node:path";
import { packageRoot } from "../base/tools.js";
import { type DeployedHost, readOutputs } from "../stacks/outputs.js";
import { shellQuote } from "../stacks/shell.js";
import { cdktfDeploy, demoEnv } from "./cdktf.js";
import { type DemoDir, openDemoDir } from "./demo-dir.js";
import { startEmulator } from "./emulator.js";
import { Host } from "./host.js";
import { emulatorEc2, readInstance } from "./instance.js";
import { instanceRole } from "./instance-role.js";
import { thisMachine } from "./place.js";
import { type NamespaceSupport, namespaceSupport } from "./preflight.js";
import { startProcessHost } from "./process-host.js";
import { expectThat, type StepResult, Steps, type StepWatcher } from "./steps.js";
import { strangerFollowsTheRules, strangerIsKeptOut } from "./stranger.js";
import { User, type UserOptions } from "./user.js";

export const CALLER = "198.51.100.7";
export const STRANGER = "203.0.113.9";
/** Documentation address ranges (RFC 5737): nobody's, so nothing here can reach a real machine. */
const OUTSIDE = { caller: CALLER, stranger: STRANGER };
const DOOR = [22, 80, 443];
/** The demo's sallyport.yaml. */
const SETTINGS = { ami: "al2023", caller: CALLER, accelerators: { gzip: { builtin: "gzip" } } };

export interface DemoOptions {
  /** Everything it writes goes below. */
  readonly root: string;
  readonly watcher: StepWatcher;
  /** One line of what a long step is doing. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Called when all steps are done, while everything still runs; it ends when this does. */
  readonly keep?: (running: Running) => Promise<void>;
  /** @default - namespaces where this machine can make them */
  readonly support?: NamespaceSupport | string;
}

/** How to use what is running, for people. */
export interface Running {
  readonly results: readonly StepResult[];
  readonly lines: readonly string[];
}

export interface DemoResult {
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
}

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { signal } = options;
  const closers: (() => Promise<void>)[] = [];
  const steps = new Steps(options.watcher);
  try {
    const support = options.support ?? (await namespaceSupport());
    const dir = await openDemoDir(options.root, SETTINGS);
    closers.push(dir.release);
    const demo = new Demo({ ...options, support }, steps, dir, closers);
    await demo.deploy();
    await (typeof support === "string" ? demo.playOnThisMachine(support) : demo.playInNamespaces(support));
    await options.keep?.({ results: steps.results, lines: demo.usage });
    return { ok: steps.allPassed, steps: steps.results };
  } catch (error) {
    // A step that the others need failed: it is in the table with its reason.
    if (!signal?.aborted && !steps.allPassed) return { ok: false, steps: steps.results };
    throw error;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

class Demo {
  usage: string[] = [];
  #env: Record<string, string> = {};
  #deployed: DeployedHost | undefined;

  constructor(
    private readonly options: DemoOptions,
    private readonly steps: Steps,
    private readonly dir: DemoDir,
    private readonly closers: (() => Promise<void>)[],
  ) {}

  async deploy(): Promise<void> {
    const { steps, dir } = this;
    await steps.must("AWS emulator", "start moto_server on loopback", async () => {
      const emulator = await startEmulator({ dir: dir.logs, ...this.#signal });
      this.closers.push(() => emulator.stop());
      this.#env = await demoEnv(dir, emulator);
      return [`answers on ${emulator.url}`, undefined];
    });
    this.#deployed = await steps.must("deploy", "cdktf deploy accelerator-hosts --auto-approve", async () => {
      const { added } = await this.#cdktf();
      const { hosts, certificate_fingerprint: fingerprint } = await readOutputs({ projectDir: dir.project });
      const [host] = hosts;
      expectThat(host !== undefined && added > 0, "no host came out");
      return [
        `${added} resources, ${host.name} at ${host.public_ip}, certificate ${fingerprint.slice(0, 23)}...`,
        host,
      ];
    });
  }

  async playInNamespaces(support: NamespaceSupport): Promise<void> {
    const { steps, dir } = this;
    const deployed = this.#host;
    const ec2 = emulatorEc2(this.#env);
    this.closers.push(async () => ec2.destroy());
    const host = await steps.must("boot", "the instance on this machine, in namespaces of its own", async () => {
      const facts = await readInstance(ec2, deployed.instance_id);
      const role = await instanceRole(this.#env, facts);
      const booted = await Host.boot({
        facts: { ...facts, defaultUser: deployed.ssh_user },
        ...(role === undefined ? {} : { role }),
        emulatorUrl: this.#env.AWS_ENDPOINT_URL ?? "",
        outside: OUTSIDE,
        dir: dir.logs,
        ...support,
        ...this.#signal,
      });
      this.closers.push(() => booted.stop());
      return [`systemd is up as process ${booted.pid}, ${facts.privateIp} behind ${facts.publicIp}`, booted];
    });
    await steps.must("door", "security-group rules, read back from EC2, as nftables rules", async () => {
      const { inbound, unresolved } = await host.reloadRules(ec2);
      expectThat(unresolved.length === 0, unresolved.join("; "));
      return [inbound.map((line) => line.replace(/ counter.*/, "")).join("\n"), undefined];
    });
    await steps.must("user data", "the instance's own boot script, run as root", async () => {
      await host.userDataDone();
      const log = await host.journal("sallyport-user-data.service", 8);
      const said = log.split("\n").flatMap((line) => /\]: (sallyport: .*)$/.exec(line)?.[1] ?? []);
      return [said.at(-1) ?? "ended with status 0", undefined];
    });
    const user = this.#user({
      place: host.network.machine("caller"),
      host: deployed.name,
      address: deployed.public_ip,
      httpsPort: 443,
      flags: [],
    });
    this.usage = usageInNamespaces(this.dir, host, deployed);
    await this.#useHost(user);
    await steps.check("caller's ports", `knock from ${CALLER} on 22, 80, 443 and 8080`, async () => {
      const knocks = await user.knock([...DOOR, 8080]);
      const text = knocks
        .map(({ port, answer, said }) => `${port}: ${answer}${said === "" ? "" : ` (${said})`}`)
        .join("\n");
      const right = knocks.every(({ port, answer }) => answer === (DOOR.includes(port) ? "answered" : "no answer"));
      expectThat(right, text);
      return text;
    });
    const stranger = host.network.machine("stranger");
    await steps.check("stranger's ports", `knock from ${STRANGER} on 22, 80 and 443`, () =>
      strangerIsKeptOut(stranger, deployed.public_ip, DOOR),
    );
    await steps.check("control", `let ${STRANGER} in on 443 through EC2, and out again`, () =>
      strangerFollowsTheRules({ ec2, host, stranger, address: deployed.public_ip, cidr: `${STRANGER}/32` }),
    );
    await this.#deployAgain();
  }

  /** Where no namespace can be made: the same agent as an ordinary process, and nothing that filters. */
  async playOnThisMachine(why: string): Promise<void> {
    const { steps, dir } = this;
    const ec2 = emulatorEc2(this.#env);
    this.closers.push(async () => ec2.destroy());
    const host = await steps.must("boot", "the agent as an ordinary process on loopback", async () => {
      const facts = await readInstance(ec2, this.#host.instance_id);
      const started = await startProcessHost({
        facts,
        env: this.#env,
        dir: join(dir.root, "project/host"),
        ...this.#signal,
      });
      this.closers.push(() => started.stop());
      return [`HTTPS on 127.0.0.1:${started.httpsPort}`, started];
    });
    const user = this.#user({
      place: thisMachine,
      host: "127.0.0.1",
      address: "127.0.0.1",
      httpsPort: host.httpsPort,
      flags: ["--port", String(host.httpsPort)],
      usualPorts: false,
      sharedDir: shellQuote(host.sharedDir),
      ...(host.ssh === undefined ? {} : { sshd: host.ssh }),
    });
    this.usage = usageOnThisMachine(dir, host.httpsPort);
    await this.#useHost(user, host.ssh === undefined ? "there is no sshd that can run here" : undefined);
    for (const [step, from] of [
      ["caller's ports", CALLER],
      ["stranger's ports", STRANGER],
    ] as const) {
      steps.skip(step, `knock from ${from} on 22, 80 and 443`, why);
    }
    await this.#deployAgain();
  }

  async #useHost(user: User, noSsh?: string): Promise<void> {
    const { steps } = this;
    await steps.check("verify", "sallyport verify", () => user.verifies());
    await steps.check("foreign certificate", "sallyport ls --cert foreign.crt", () => user.refusesForeignCertificate());
    await steps.check("file", "sallyport put, then get", () => user.movesFile(16 << 20));
    await steps.check("job", "sallyport process --accelerator gzip", () => user.runsJob(1 << 20));
    await steps.check("no token", "curl /v1/files", () => user.needsToken());
    await steps.check("outside path", "curl, raw spellings of /etc/shadow", () => user.cannotEscape());
    if (noSsh !== undefined) {
      steps.skip("SSH", "sallyport ssh, with the generated PEM", noSsh);
      return;
    }
    await steps.check("SSH", "sallyport ssh, with the generated PEM: uname -srm; hostname; id", () => user.logsIn());
    await steps.check("outside link", "ln -s /etc/passwd over SSH, then sallyport get", () => user.cannotFollowLink());
  }

  async #deployAgain(): Promise<void> {
    await this.steps.check("second deploy", "cdktf deploy accelerator-hosts --auto-approve", async () => {
      const { added, changed, destroyed } = await this.#cdktf();
      const text = `${added} added, ${changed} changed, ${destroyed} destroyed`;
      expectThat(added === 0 && changed === 0 && destroyed === 0, text);
      return text;
    });
  }

  #cdktf() {
    return cdktfDeploy({
      dir: this.dir,
      inNamespace: typeof this.options.support === "object",
      env: this.#env,
      ...this.#signal,
      ...(this.options.onProgress === undefined ? {} : { onStep: this.options.onProgress }),
    });
  }

  #user(options: Omit<UserOptions, "home" | "project" | "env" | "signal">): User {
    const { home, project } = this.dir;
    // A user of a deployed host needs no AWS.
    const env = Object.fromEntries(Object.entries(this.#env).filter(([name]) => !/^(AWS|TF)_/.test(name)));
    return new User({ ...options, home, project, env, ...this.#signal });
  }

  get #host(): DeployedHost {
    if (this.#deployed === undefined) throw new Error("nothing has been deployed");
    return this.#deployed;
  }

  get #signal(): { readonly signal?: AbortSignal } {
    return this.options.signal === undefined ? {} : { signal: this.options.signal };
  }
}

const sallyport = `node ${shellQuote(join(packageRoot, "dist/cli/main.js"))}`;

function usageInNamespaces(dir: DemoDir, host: Host, deployed: DeployedHost): string[] {
  const caller = `nsenter --net=/proc/${host.network.machine("caller").pid}/ns/net`;
  const stranger = `nsenter --net=/proc/${host.network.machine("stranger").pid}/ns/net`;
  return [
    `as the caller, from another terminal (root):`,
    `  cd ${shellQuote(dir.project)} && export HOME=${shellQuote(dir.home)}`,
    `  ${caller} ${sallyport} ssh ${deployed.name}`,
    `  ${caller} ${sallyport} ls ${deployed.name}:shared`,
    `as a stranger:  ${stranger} curl -m 3 -k ${deployed.agent_url}/healthz`,
    `on the host:    nsenter --target ${host.pid} --all bash`,
    `the door:       nsenter --net=/proc/${host.network.router.pid}/ns/net nft list ruleset`,
    `its log:        ${host.log}`,
  ];
}

function usageOnThisMachine(dir: DemoDir, port: number): string[] {
  return [
    `from another terminal:`,
    `  cd ${shellQuote(dir.project)} && export HOME=${shellQuote(dir.home)}`,
    `  ${sallyport} ls 127.0.0.1:${port}:shared`,
  ];
}
