/**
 * The main job from one end to the other, without an AWS account: emulator, the real `cdktf deploy`, the
 * deployed instance booted on this machine, and then its user and a stranger at its door.
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
import { type Story, type StoryOptions, type StoryResult, tellStory } from "./scenario.js";
import { expectThat } from "./steps.js";
import { strangerFollowsTheRules, strangerIsKeptOut } from "./stranger.js";
import { User, type UserOptions } from "./user.js";

export const CALLER = "198.51.100.7";
export const STRANGER = "203.0.113.9";
/** Documentation address ranges (RFC 5737): nobody's, so nothing here can reach a real machine. */
const OUTSIDE = { caller: CALLER, stranger: STRANGER };
const DOOR = [22, 80, 443];
/** The demo's sallyport.yaml. */
const SETTINGS = { ami: "al2023", caller: CALLER, accelerators: { gzip: { builtin: "gzip" } } };

export function runDemo(options: StoryOptions): Promise<StoryResult> {
  return tellStory({ ...options, settings: SETTINGS }, async (story) => {
    const demo = new Demo(story);
    await demo.deploy();
    const { support } = story;
    await (typeof support === "string" ? demo.playOnThisMachine(support) : demo.playInNamespaces(support));
    return demo.usage;
  });
}

class Demo {
  usage: string[] = [];
  #deployed: DeployedHost | undefined;

  constructor(private readonly story: Story) {}

  async deploy(): Promise<void> {
    const { story } = this;
    await story.startEmulator();
    this.#deployed = await story.steps.must("deploy", "cdktf deploy accelerator-hosts --auto-approve", async () => {
      const { added } = await story.cdktf();
      const { hosts, certificate_fingerprint: fingerprint } = await readOutputs({ projectDir: story.dir.project });
      const [host] = hosts;
      expectThat(host !== undefined && added > 0, "no host came out");
      return [
        `${added} resources, ${host.name} at ${host.public_ip}, certificate ${fingerprint.slice(0, 23)}...`,
        host,
      ];
    });
  }

  async playInNamespaces(support: NamespaceSupport): Promise<void> {
    const { story } = this;
    const { steps, dir } = story;
    const deployed = this.#host;
    const ec2 = story.ec2();
    const host = await story.boot(ec2, {
      id: deployed.instance_id,
      user: deployed.ssh_user,
      outside: OUTSIDE,
      support,
    });
    await steps.must("door", "security-group rules, read back from EC2, as nftables rules", async () => {
      const { inbound, unresolved } = await host.reloadRules(ec2);
      expectThat(unresolved.length === 0, unresolved.join("; "));
      return [inbound.map((line) => line.replace(/ counter.*/, "")).join("\n"), undefined];
    });
    await story.userData(host);
    const user = this.#user({
      place: host.network.machine("caller"),
      host: deployed.name,
      address: deployed.public_ip,
      httpsPort: 443,
      flags: [],
    });
    this.usage = usageInNamespaces(dir, host, deployed);
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
    await story.deployAgain();
  }

  /** Where no namespace can be made: the same agent as an ordinary process, and nothing that filters. */
  async playOnThisMachine(why: string): Promise<void> {
    const { story } = this;
    const { steps, dir } = story;
    const ec2 = story.ec2();
    const host = await steps.must("boot", "the agent as an ordinary process on loopback", async () => {
      const facts = await readInstance(ec2, this.#host.instance_id);
      const started = await startProcessHost({
        facts,
        env: story.env,
        dir: join(dir.root, "project/host"),
        ...story.signal,
      });
      story.closers.push(() => started.stop());
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
      steps.skip(step, `knock from ${from} on 22, 80 and 443`, why);
    }
    await story.deployAgain();
  }

  async #useHost(user: User, noSsh?: string): Promise<void> {
    const { steps } = this.story;
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
    const { dir, userEnv, signal } = this.story;
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
