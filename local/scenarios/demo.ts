/**
 * The whole product from end to end, without an AWS account: the emulator, a deployment with the real Terraform and
 * provider, the deployed instance booted on this machine, and then its user and a stranger.
 */
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import { shellQuote } from "../../base/text/shell.js";
import { packageRoot } from "../../base/tools.js";
import { type DeployedHost, readOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import { readInstance } from "../emulator/instance.js";
import type { DemoDir } from "../machine/demo-dir.js";
import type { Host } from "../machine/host.js";
import { thisMachine } from "../machine/place.js";
import type { NamespaceSupport } from "../machine/preflight.js";
import { startProcessHost } from "../machine/process-host.js";
import { runScenario, type Scenario, type ScenarioOptions, type ScenarioResult } from "./scenario.js";
import { expectThat } from "./steps.js";
import { strangerFollowsTheRules, strangerIsKeptOut } from "./stranger.js";
import { User, type UserOptions } from "./user.js";

export const CALLER = "198.51.100.7";
export const STRANGER = "203.0.113.9";
/** Documentation addresses (RFC 5737), so that no packet can reach a real machine. */
const OUTSIDE = { caller: CALLER, stranger: STRANGER };
const OPEN_PORTS = [22, 80, 443];
/** The demo's sallyport.yaml. */
const SETTINGS = { ami: "al2023", caller: CALLER, accelerators: { gzip: { builtin: "gzip" } } };

export function runDemo(options: ScenarioOptions): Promise<ScenarioResult> {
  return runScenario({ ...options, settings: SETTINGS }, async (scenario) => {
    const demo = new Demo(scenario);
    await demo.deploy();
    const { support } = scenario;
    await (typeof support === "string" ? demo.runOnThisMachine(support) : demo.runInNamespaces(support));
    return demo.usage;
  });
}

class Demo {
  usage: string[] = [];
  #deployed: DeployedHost | undefined;

  constructor(private readonly scenario: Scenario) {}

  async deploy(): Promise<void> {
    const { scenario } = this;
    await scenario.startEmulator();
    this.#deployed = await scenario.steps.must("deploy", "sallyport up accelerator-hosts --yes", async () => {
      const { added } = await scenario.deploy();
      const { hosts, certificate_fingerprint: fingerprint } = await readOutputs({ projectDir: scenario.dir.project });
      const [host] = hosts;
      expectThat(host !== undefined && added > 0, "no host came out");
      return [
        `${added} resources, ${host.name} at ${host.public_ip}, certificate ${fingerprint.slice(0, 23)}...`,
        host,
      ];
    });
  }

  async runInNamespaces(support: NamespaceSupport): Promise<void> {
    const { scenario } = this;
    const { steps, dir } = scenario;
    const deployed = this.#host;
    const ec2 = scenario.ec2();
    const host = await scenario.boot(ec2, {
      id: deployed.instance_id,
      user: deployed.ssh_user,
      outside: OUTSIDE,
      support,
    });
    await steps.must("firewall", "security-group rules, read back from EC2, as nftables rules", async () => {
      const { inbound, unresolved } = await host.reloadRules(ec2);
      expectThat(unresolved.length === 0, unresolved.join("; "));
      return [inbound.map((line) => line.replace(/ counter.*/, "")).join("\n"), undefined];
    });
    await scenario.userData(host);
    const user = this.#user({
      place: host.network.machine("caller"),
      host: deployed.name,
      address: deployed.public_ip,
      httpsPort: 443,
      flags: [],
    });
    this.usage = usageInNamespaces(dir, host, deployed);
    await this.#useHost(user);
    await steps.check("caller's ports", `probe 22, 80, 443 and 8080 from ${CALLER}`, async () => {
      const probes = await user.probePort([...OPEN_PORTS, 8080]);
      const text = probes
        .map(({ port, answer, said }) => `${port}: ${answer}${said === "" ? "" : ` (${said})`}`)
        .join("\n");
      const right = probes.every(
        ({ port, answer }) => answer === (OPEN_PORTS.includes(port) ? "answered" : "no answer"),
      );
      expectThat(right, text);
      return text;
    });
    const stranger = host.network.machine("stranger");
    await steps.check("stranger's ports", `probe 22, 80 and 443 from ${STRANGER}`, () =>
      strangerIsKeptOut(stranger, deployed.public_ip, OPEN_PORTS),
    );
    await steps.check("control", `let ${STRANGER} in on 443 through EC2, and out again`, () =>
      strangerFollowsTheRules({ ec2, host, stranger, address: deployed.public_ip, cidr: `${STRANGER}/32` }),
    );
    await scenario.deployAgain();
  }

  /** Without namespaces: the same agent as an ordinary process, and no packet filter. */
  async runOnThisMachine(why: string): Promise<void> {
    const { scenario } = this;
    const { steps, dir } = scenario;
    const ec2 = scenario.ec2();
    const host = await steps.must("boot", "the agent as an ordinary process on loopback", async () => {
      const facts = await readInstance(ec2, this.#host.instance_id);
      const started = await startProcessHost({
        facts,
        env: scenario.env,
        dir: join(dir.root, "project/host"),
        ...scenario.signal,
      });
      scenario.closers.push(() => started.stop());
      return [`HTTPS on 127.0.0.1:${started.httpsPort}`, started];
    });
    const user = this.#user(
      defined({
        place: thisMachine,
        host: "127.0.0.1",
        address: "127.0.0.1",
        httpsPort: host.httpsPort,
        flags: ["--port", String(host.httpsPort)],
        usualPorts: false,
        sharedDir: shellQuote(host.sharedDir),
        sshd: host.ssh,
      }),
    );
    this.usage = usageOnThisMachine(dir, host.httpsPort);
    await this.#useHost(user, host.ssh === undefined ? "there is no sshd that can run here" : undefined);
    for (const [step, from] of [
      ["caller's ports", CALLER],
      ["stranger's ports", STRANGER],
    ] as const) {
      steps.skip(step, `probe 22, 80 and 443 from ${from}`, why);
    }
    await scenario.deployAgain();
  }

  async #useHost(user: User, noSsh?: string): Promise<void> {
    const { steps } = this.scenario;
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

  #user(options: Omit<UserOptions, "home" | "project" | "env" | "signal">): User {
    const { dir, userEnv, signal } = this.scenario;
    return new User({ ...options, home: dir.home, project: dir.project, env: userEnv, ...signal });
  }

  get #host(): DeployedHost {
    if (this.#deployed === undefined) throw new Error("nothing has been deployed");
    return this.#deployed;
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
    `its firewall:   nsenter --net=/proc/${host.network.router.pid}/ns/net nft list ruleset`,
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
