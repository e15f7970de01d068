/**
 * The frame of every demo: its own directory and emulator, a real deployment, an instance that boots on this
 * machine, steps in sequence, and clean-up in reverse order.
 */
import type { EC2Client } from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import type { StackName } from "../../stacks/names.js";
import { type DeployResult, demoEnv, deploy } from "../emulator/deploy.js";
import { startEmulator } from "../emulator/emulator.js";
import { emulatorEc2, type InstanceFacts, readInstance } from "../emulator/instance.js";
import { instanceRole } from "../emulator/instance-role.js";
import { type DemoDir, openDemoDir } from "../machine/demo-dir.js";
import { Host, type HostOptions } from "../machine/host.js";
import { type NamespaceSupport, namespaceSupport } from "../machine/preflight.js";
import { expectThat, type StepResult, Steps, type StepWatcher } from "./steps.js";

export interface ScenarioOptions {
  /** Directory for everything that the demo writes. */
  readonly root: string;
  readonly watcher: StepWatcher;
  /** Called with one line about the progress of a long step. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Called when all steps are done and everything still runs. The scenario ends when it resolves. */
  readonly keep?: (running: Running) => Promise<void>;
  /** @default - namespaces if this machine can create them */
  readonly support?: NamespaceSupport | string;
}

/** Instructions for using the running demo. */
export interface Running {
  readonly results: readonly StepResult[];
  readonly lines: readonly string[];
}

export interface ScenarioResult {
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
}

type Settings = Readonly<Record<string, unknown>>;

/**
 * @param options include the scenario's sallyport.yaml.
 * @param perform runs the steps and returns instructions for the running demo, line by line.
 */
export async function runScenario(
  options: ScenarioOptions & { readonly settings: Settings },
  perform: (scenario: Scenario) => Promise<readonly string[]>,
): Promise<ScenarioResult> {
  const closers: (() => Promise<void>)[] = [];
  const steps = new Steps(options.watcher);
  try {
    const support = options.support ?? (await namespaceSupport());
    const dir = await openDemoDir(options.root, options.settings);
    closers.push(dir.release);
    const lines = await perform(new Scenario({ ...options, support }, steps, dir, closers));
    await options.keep?.({ results: steps.results, lines });
    return { ok: steps.allPassed, steps: steps.results };
  } catch (error) {
    // A required step failed. Its reason is in the table.
    if (!options.signal?.aborted && !steps.allPassed) return { ok: false, steps: steps.results };
    throw error;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

export interface Boot extends Pick<HostOptions, "outside" | "firstBoot" | "attachMore"> {
  readonly id: string;
  /** The login user that the image's makers chose. */
  readonly user: string;
  readonly support: NamespaceSupport;
}

export class Scenario {
  #env: Readonly<Record<string, string>> = {};

  constructor(
    private readonly options: ScenarioOptions & { readonly support: NamespaceSupport | string },
    readonly steps: Steps,
    readonly dir: DemoDir,
    /** Called in reverse order when the scenario ends. */
    readonly closers: (() => Promise<void>)[],
  ) {}

  /** This machine's support for namespaces, or the reason why there is none. */
  get support(): NamespaceSupport | string {
    return this.options.support;
  }

  /** The environment with the emulator's credentials. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** The environment without AWS and Terraform: users of the deployed host need neither. */
  get userEnv(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.#env).filter(([name]) => !/^(AWS|TF)_/.test(name)));
  }

  /** The signal as an option to spread. */
  get signal(): { readonly signal?: AbortSignal } {
    return this.options.signal === undefined ? {} : { signal: this.options.signal };
  }

  async startEmulator(): Promise<void> {
    const { steps, dir } = this;
    await steps.must("AWS emulator", "start moto_server on loopback", async () => {
      const emulator = await startEmulator({ dir: dir.logs, ...this.signal });
      this.closers.push(() => emulator.stop());
      this.#env = await demoEnv(dir, emulator);
      return [`answers on ${emulator.url}`, undefined];
    });
  }

  /** A client of the emulator that lives until the scenario ends. */
  ec2(): EC2Client {
    const ec2 = emulatorEc2(this.#env);
    this.closers.push(async () => ec2.destroy());
    return ec2;
  }

  deploy(stack?: StackName): Promise<DeployResult> {
    const { onProgress, support } = this.options;
    return deploy({
      dir: this.dir,
      inNamespace: typeof support === "object",
      env: this.#env,
      ...this.signal,
      ...defined({ stack, onStep: onProgress }),
    });
  }

  async deployAgain(stack: StackName = "accelerator-hosts"): Promise<void> {
    await this.steps.check("second deploy", `sallyport up ${stack} --yes`, async () => {
      const { added, changed, destroyed } = await this.deploy(stack);
      const text = `${added} added, ${changed} changed, ${destroyed} destroyed`;
      expectThat(added === 0 && changed === 0 && destroyed === 0, text);
      return text;
    });
  }

  /** @param more options that depend on the instance's facts. */
  async boot(ec2: EC2Client, boot: Boot, more: (facts: InstanceFacts) => Partial<Boot> = () => ({})): Promise<Host> {
    const { id, user, support, ...options } = boot;
    return this.steps.must("boot", "the instance on this machine, in namespaces of its own", async () => {
      const facts = { ...(await readInstance(ec2, id)), defaultUser: user };
      const role = await instanceRole(this.#env, facts);
      const booted = await Host.boot({
        facts,
        ...defined({ role }),
        emulatorUrl: this.#env.AWS_ENDPOINT_URL ?? "",
        dir: this.dir.logs,
        ...support,
        ...options,
        ...more(facts),
        ...this.signal,
      });
      this.closers.push(() => booted.stop());
      return [`systemd is up as process ${booted.pid}, ${facts.privateIp} behind ${facts.publicIp}`, booted];
    });
  }

  /** @param how describes the difference from a host in AWS. */
  async userData(host: Host, how = ""): Promise<void> {
    await this.steps.must("user data", `the instance's own boot script, run as root${how}`, async () => {
      await host.userDataDone();
      const log = await host.journal("sallyport-user-data.service", 8);
      const said = log.split("\n").flatMap((line) => /\]: (sallyport: .*)$/.exec(line)?.[1] ?? []);
      return [said.at(-1) ?? "ended with status 0", undefined];
    });
  }
}
