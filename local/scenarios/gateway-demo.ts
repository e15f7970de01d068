/**
 * A lab gateway from end to end, without an AWS account: the emulator, a deployment with the real Terraform and
 * provider, the deployed instance booted from its own user data with the lab's machines behind it, and then its users.
 */
import { join } from "node:path";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { run } from "../../base/process/run.js";
import { shellQuote } from "../../base/text/shell.js";
import { packageRoot } from "../../base/tools.js";
import { type LabOutputs, readLabOutputs } from "../../stacks/lab-gateway/outputs.js";
import type { InterfaceFacts } from "../emulator/instance.js";
import { readPeers, readSecurityRules } from "../emulator/security-rules.js";
import { missingPackages, POST_INSTALL } from "../machine/gateway-packages.js";
import type { Host } from "../machine/host.js";
import type { NamespaceSupport } from "../machine/preflight.js";
import { LabNetwork } from "../network/lab-network.js";
import { rulesToNft } from "../network/rules-to-nft.js";
import { GatewaySteps } from "./gateway-steps.js";
import { type LabMachines, MACHINES, openLab } from "./lab-machines.js";
import { LabUser } from "./lab-user.js";
import { runScenario, type Scenario, type ScenarioOptions, type ScenarioResult } from "./scenario.js";
import { expectThat } from "./steps.js";
import { firstLine } from "./user.js";

/** Documentation addresses (RFC 5737), so that no packet can reach a real machine. */
const OUTSIDE = { ada: "198.51.100.7", ben: "198.51.100.8", stranger: "203.0.113.9" };
const ISSUER = "lab";
/** The demo's sallyport.yaml. */
const SETTINGS = {
  name: ISSUER,
  ami: "al2023",
  caller: [OUTSIDE.ada, OUTSIDE.ben],
  lab_gateway: { ami: "ami-12c6146b" },
};
const STACK = "lab-gateway";

export function runGatewayDemo(options: ScenarioOptions): Promise<ScenarioResult> {
  return runScenario({ ...options, settings: SETTINGS }, async (scenario) => {
    const demo = new GatewayDemo(scenario);
    const deployed = await demo.deploy();
    const { support } = scenario;
    const why = typeof support === "string" ? support : await missingPackages();
    if (typeof support === "object" && why === undefined) return demo.run(deployed, support);
    for (const [step, tried] of NOT_RUN) scenario.steps.skip(step, tried, why ?? "");
    await scenario.deployAgain(STACK);
    return ["nothing runs here: the gateway and its lab need namespaces and Debian's packages"];
  });
}

/** Steps that are skipped if the gateway cannot boot. */
const NOT_RUN = [
  ["boot", "the instance on this machine, in namespaces of its own"],
  ["lab", "the machines behind it"],
  ["users", "their tokens, forwards and connections"],
] as const;

class GatewayDemo {
  constructor(private readonly scenario: Scenario) {}

  deploy(): Promise<LabOutputs> {
    const { scenario } = this;
    return scenario.startEmulator().then(() =>
      scenario.steps.must("deploy", `sallyport up ${STACK} --yes`, async () => {
        const { added } = await scenario.deploy(STACK);
        const lab = await readLabOutputs({ projectDir: scenario.dir.project });
        expectThat(added > 0, "nothing came out");
        return [`${added} resources, ${lab.instance_id} at ${lab.public_ip}`, lab];
      }),
    );
  }

  async run(deployed: LabOutputs, support: NamespaceSupport): Promise<readonly string[]> {
    const { scenario } = this;
    const ec2 = scenario.ec2();
    const { host, network, link } = await this.#boot(ec2, deployed, support);
    await this.#guard(ec2, host, network, link);
    await scenario.userData(host, "; its packages, which apt-get would bring, are this machine's");
    const ada = await this.#user("ada", deployed, host);
    const ben = await this.#user("ben", deployed, host);
    const lab = await this.#lab(network, ada);
    await this.#tokens([ada, ben]);
    const steps = new GatewaySteps({
      scenario,
      ec2,
      host,
      network,
      lab,
      ada,
      ben,
      address: deployed.public_ip,
      labAddress: link.privateIp,
    });
    await steps.all();
    await scenario.deployAgain(STACK);
    return this.#usage(host, network, ada);
  }

  /** Boots the gateway with the lab's network at its second interface. This machine's packages replace apt-get's. */
  async #boot(ec2: EC2Client, { instance_id: id }: LabOutputs, support: NamespaceSupport) {
    let network: LabNetwork | undefined;
    let link: InterfaceFacts | undefined;
    const options = { id, user: "ubuntu", outside: OUTSIDE, support, firstBoot: POST_INSTALL };
    const host = await this.scenario.boot(ec2, options, ({ furtherInterfaces }) => ({
      attachMore: async ({ host: gateway }) => {
        [link] = furtherInterfaces;
        if (link === undefined) throw new Error("the instance has no second interface");
        network = await LabNetwork.open({ gateway, link, machines: MACHINES });
        return () => network?.close() ?? Promise.resolve();
      },
    }));
    if (network === undefined || link === undefined) throw new Error("unreachable");
    return { host, network, link };
  }

  async #guard(ec2: EC2Client, host: Host, network: LabNetwork, link: InterfaceFacts): Promise<void> {
    await this.scenario.steps.must(
      "firewalls",
      "security groups of both interfaces, from EC2, as nftables rules",
      async () => {
        const outer = await host.reloadRules(ec2);
        const rules = await readSecurityRules(
          ec2,
          link.securityGroups.map(({ id }) => id),
        );
        const inner = rulesToNft(rules, await readPeers(ec2, rules));
        await network.guard(inner);
        expectThat(
          outer.unresolved.length + inner.unresolved.length === 0,
          [...outer.unresolved, ...inner.unresolved].join("; "),
        );
        const shown = (lines: readonly string[]) => lines.map((line) => line.replace(/ counter.*/, ""));
        return [[...shown(outer.inbound), "from the lab:", ...shown(inner.inbound)].join("\n"), undefined];
      },
    );
  }

  #user(name: "ada" | "ben", { public_ip }: LabOutputs, host: Host): Promise<LabUser> {
    const { dir, userEnv, signal } = this.scenario;
    return LabUser.open({
      name,
      place: host.network.machine(name),
      home: join(dir.home, "users", name),
      gateway: public_ip,
      certificate: join(dir.home, ".ssh/sallyport.crt"),
      env: userEnv,
      ...signal,
    });
  }

  async #lab(network: LabNetwork, ada: LabUser): Promise<LabMachines> {
    const { scenario } = this;
    const what = Object.entries(MACHINES).map(([name, address]) => `${name} ${address}`);
    return scenario.steps.must("lab", what.join(", "), async () => {
      const lab = await openLab(network, join(scenario.dir.root, "project/lab"), ada.key.publicKey);
      scenario.closers.push(lab.stop);
      await ada.learnHostKey("build-1", lab.sshHostKey);
      return ["build-1: sshd and HTTPS\nbuild-2: HTTPS\nbuild-3: nobody is there", lab];
    });
  }

  async #tokens(users: readonly LabUser[]): Promise<void> {
    const { dir, userEnv } = this.scenario;
    const key = join(dir.home, ".ssh/sallyport-gateway.key");
    await this.scenario.steps.must("tokens", "sallyport gateway token, for ada and for ben", async () => {
      for (const user of users) {
        const { name, place } = user.options;
        const address = OUTSIDE[name as "ada" | "ben"];
        const args = ["gateway", "token", "--user", name, "--key", key, "--issuer", ISSUER, "--client-ip", address];
        const made = await run(process.execPath, [join(packageRoot, "dist/cli/main.js"), ...args], {
          env: { ...userEnv, HOME: dir.home, NO_COLOR: "1" },
          inheritEnv: false,
          cwd: dir.project,
          shownAs: `sallyport ${args.join(" ")} on behalf of ${place.name}`,
        });
        expectThat(made.exitCode === 0, firstLine(made.stderr));
        await user.takeToken(made.stdout.trim());
      }
      return [`signed with the secret that was deployed, each for one address only`, undefined];
    });
  }

  #usage(host: Host, network: LabNetwork, ada: LabUser): string[] {
    const from = (pid: number) => `nsenter --net=/proc/${pid}/ns/net`;
    const main = `node ${shellQuote(join(packageRoot, "dist/cli/main.js"))}`;
    const { home, place } = ada.options;
    return [
      "as ada, from another terminal (root):",
      `  cd ${shellQuote(home)} && export HOME=${shellQuote(home)}`,
      `  ${from(place.pid)} ${main} portmap list`,
      `  ${from(place.pid)} ${main} connect --name build-1 --protocol ssh --user root --create`,
      `on build-2:      ${from(network.machine("build-2").pid)} bash`,
      `on the gateway:  nsenter --target ${host.pid} --all bash`,
      `its rules:       nsenter --target ${host.pid} --all nft list table inet sallyport`,
      `its log:         ${host.log}`,
    ];
  }
}
