/** Two users, a stranger and the lab's machines use a gateway. Each method is one step of the demo. */
import { setTimeout as delay } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Host } from "../machine/host.js";
import type { Place } from "../machine/place.js";
import type { LabNetwork } from "../network/lab-network.js";
import { pinnedCurl } from "../network/pinned-curl.js";
import type { LabMachines } from "./lab-machines.js";
import { MACHINES } from "./lab-machines.js";
import type { LabUser, OpenForward } from "./lab-user.js";
import type { Scenario } from "./scenario.js";
import { expectThat } from "./steps.js";
import { strangerFollowsTheRules, strangerIsKeptOut } from "./stranger.js";
import { firstLine } from "./user.js";

export interface GatewayFixtures {
  readonly scenario: Scenario;
  readonly ec2: EC2Client;
  readonly host: Host;
  readonly network: LabNetwork;
  readonly lab: LabMachines;
  readonly ada: LabUser;
  readonly ben: LabUser;
  /** The gateway's public address, and its address in the lab. */
  readonly address: string;
  readonly labAddress: string;
}

/** How long a session may outlive its forward. */
const ENDS_WITHIN_MS = 1_000;

export class GatewaySteps {
  #ssh = 0;
  #https = 0;

  constructor(private readonly fixtures: GatewayFixtures) {}

  async all(): Promise<void> {
    const { steps } = this.fixtures.scenario;
    const { address } = this.fixtures;
    await steps.must("forwards", "sallyport portmap add build-1, build-3", async () => [await this.opens(), undefined]);
    await steps.check("SSH", "sallyport connect --name build-1 --protocol ssh -- ip address", () => this.logsIn());
    await steps.check("HTTPS", `curl https://${address}:${this.#https}, build-1's key pinned`, () => this.fetches());
    await steps.check("hairpin", "the same from build-2, at the gateway's address in the lab", () => this.hairpin());
    await steps.check("way out", "build-2 asks a server of ada's, out through the gateway", () => this.wayOut());
    await steps.check("no token", "curl /v1/forwards", () => this.needsToken());
    await steps.check("other user", `ben lists, and removes ${this.#ssh}, which is ada's`, () => this.otherUser());
    await steps.check("stolen token", "ada's token from ben's address", () => this.stolenToken());
    const ports = [22, 443, this.#ssh, this.#https];
    await steps.check("stranger", `probe ${ports.join(", ")} from elsewhere`, () =>
      strangerIsKeptOut(this.fixtures.host.network.machine("stranger"), address, ports),
    );
    await steps.check("control", "let the stranger in on 443 through EC2, and out again", () => this.control());
    await steps.check("alive or dead", "sallyport portmap list", () => this.liveness());
    await steps.check("kill -9", "the gateway's daemon, with a session through it", () => this.killed());
    await steps.check("revoked", `sallyport portmap rm ${this.#ssh}, in the middle of a session`, () => this.revoked());
    await steps.check("usage", "sallyport usage, after one more request", () => this.usage());
    await steps.check("boot script", "once more, as at a second boot", () => this.bootsAgain());
  }

  async opens(): Promise<string> {
    const { ada, host } = this.fixtures;
    const { ada: adaAddress = "" } = host.options.outside;
    const opened = [
      await ada.opens("build-1", MACHINES["build-1"], "ssh"),
      // For build-2 too, which connects back in from the lab.
      await ada.opens("build-1", MACHINES["build-1"], "https", ["--from", adaAddress, MACHINES["build-2"]]),
      await ada.opens("build-3", MACHINES["build-3"], "ssh"),
    ];
    [this.#ssh, this.#https] = opened.map(({ conn_port }) => conn_port) as [number, number, number];
    return opened
      .map(({ conn_port, name, target_addr, target_port }) => `${conn_port} to ${name} (${target_addr}:${target_port})`)
      .join("\n");
  }

  async logsIn(): Promise<string> {
    const { ada, lab } = this.fixtures;
    const { exitCode, stdout, stderr } = await ada.onMachine(
      "build-1",
      lab.sshUser,
      "ip -4 -brief address show eth0; echo from $SSH_CONNECTION",
    );
    expectThat(exitCode === 0, firstLine(stderr));
    expectThat(stdout.includes(`${MACHINES["build-1"]}/`), stdout);
    return stdout;
  }

  async fetches(): Promise<string> {
    const { ada, address } = this.fixtures;
    return this.#curl(ada.options.place, `https://${address}:${this.#https}/`);
  }

  async hairpin(): Promise<string> {
    const { network, labAddress } = this.fixtures;
    return this.#curl(network.machine("build-2"), `https://${labAddress}:${this.#https}/`);
  }

  /** A lab machine's request to the outside comes from the gateway's public address. */
  async wayOut(): Promise<string> {
    const { host, network, address } = this.fixtures;
    const server = await host.network.machine("ada").listen("0.0.0.0", 8080);
    try {
      const asker = new Promise<string>((resolve) =>
        server.once("connection", (socket) => {
          resolve(socket.remoteAddress ?? "");
          socket.destroy();
        }),
      );
      const url = `http://${host.options.outside.ada}:8080/`;
      await network.machine("build-2").run("curl", ["--silent", "--max-time", "10", url]);
      const seen = await Promise.race([asker, delay(100, "nobody")]);
      expectThat(seen === address, `the server saw ${seen}`);
      return `the server saw ${seen}, the gateway's public address`;
    } finally {
      server.close();
    }
  }

  async needsToken(): Promise<string> {
    const { ada } = this.fixtures;
    const { status } = await ada.asks("GET", "/v1/forwards", "not.a.token");
    expectThat(status === "401", `answer ${status}`);
    return `${status} to a wrong one`;
  }

  async otherUser(): Promise<string> {
    const { ada, ben } = this.fixtures;
    const seen = await ben.forwards();
    expectThat(seen.length === 0, `ben sees ${seen.map(({ conn_port }) => conn_port).join(", ")}`);
    const { status } = await ben.asks("DELETE", `/v1/forwards/${this.#ssh}`);
    expectThat(status === "404", `answer ${status} to ben's DELETE`);
    const left = await ada.forwards();
    expectThat(
      left.some(({ conn_port }) => conn_port === this.#ssh),
      "ada's forward is gone",
    );
    return `ben sees none\nDELETE gives ben ${status}; ada's forward is still there`;
  }

  async stolenToken(): Promise<string> {
    const { ada, ben } = this.fixtures;
    const own = await ada.asks("GET", "/v1/whoami");
    expectThat(own.status === "200", `ada herself gets ${own.status}`);
    const { status } = await ben.asks("GET", "/v1/whoami", await ada.token());
    expectThat(status === "401" || status === "403", `answer ${status}`);
    return `ada gets ${own.status}, whoever has her token elsewhere ${status}`;
  }

  /** A missing route would keep the stranger out too. */
  control(): Promise<string> {
    const { ec2, host, address } = this.fixtures;
    const cidr = `${host.options.outside.stranger}/32`;
    return strangerFollowsTheRules({ ec2, host, stranger: host.network.machine("stranger"), address, cidr });
  }

  /** The first sweep that includes a machine decides whether it is alive. */
  async liveness(): Promise<string> {
    const forwards = await this.#until("not all machines are known", async () => {
      const listed = await this.fixtures.ada.forwards();
      return listed.every(({ routable }) => typeof routable === "boolean") ? listed : undefined;
    });
    const text = forwards.map(
      ({ conn_port, name, routable }) => `${conn_port} ${name}: ${routable ? "alive" : "dead"}`,
    );
    expectThat(
      forwards.every(({ name, routable }) => routable === (name !== "build-3")),
      text.join("\n"),
    );
    return text.join("\n");
  }

  /** The kernel forwards the packets, so the session does not notice. */
  async killed(): Promise<string> {
    const { host, ada, lab } = this.fixtures;
    const before = await this.#ports();
    const session = await ada.stays("build-1", lab.sshUser);
    try {
      const pid = () => host.run("systemctl", ["show", "-P", "MainPID", "sallyport-gateway"]);
      const { stdout: old } = await pid();
      await host.run("systemctl", ["kill", "--signal=KILL", "sallyport-gateway"]);
      await this.#until("the daemon did not come back", async () => {
        const { stdout } = await pid();
        return stdout !== old && stdout !== "0" ? true : undefined;
      });
      const after = await this.#until("the daemon did not answer", () => this.#ports().catch(() => undefined));
      expectThat(before === after, `before: ${before}; after: ${after}`);
      const still = await Promise.race([session.ended.then(() => "ended"), delay(100, "open")]);
      expectThat(still === "open", "the session ended");
      return `back with ${after}, read from PostgreSQL\nthe session is still open`;
    } finally {
      await session.end();
    }
  }

  async revoked(): Promise<string> {
    const { ada, lab } = this.fixtures;
    const session = await ada.stays("build-1", lab.sshUser);
    try {
      const { exitCode, stderr } = await ada.sallyport("portmap", "rm", String(this.#ssh));
      const removed = performance.now();
      expectThat(exitCode === 0, firstLine(stderr));
      const ended = await Promise.race([session.ended, delay(ENDS_WITHIN_MS, "still open")]);
      expectThat(ended !== "still open", `the session is open ${ENDS_WITHIN_MS} ms later`);
      const took = Math.max(0, Math.round(performance.now() - removed));
      const again = await ada.onMachine("build-1", lab.sshUser, "true");
      expectThat(again.exitCode !== 0, "connect still works");
      return `the session ended ${took} ms after the answer\nthen: ${firstLine(again.stderr)}`;
    } finally {
      await session.end();
    }
  }

  /** The gateway writes its counters every ten seconds. The killed daemon lost those not yet written. */
  async usage(): Promise<string> {
    await this.fetches();
    const used = await this.#until("nothing was counted", async () => {
      const counted = await this.fixtures.ada.usage();
      const https = counted.find(({ conn_port }) => conn_port === this.#https);
      return https !== undefined && https.connections > 0 ? counted : undefined;
    });
    expectThat(
      used.every(({ owner }) => owner === "ada"),
      JSON.stringify(used),
    );
    return used
      .map(({ conn_port, target_name = "(removed)", connections, bytes }) => {
        return `${conn_port} ${target_name}: ${connections} connections, ${bytes} bytes`;
      })
      .join("\n");
  }

  async bootsAgain(): Promise<string> {
    const { host } = this.fixtures;
    const before = await this.#ports();
    await host.userDataAgain();
    const after = await this.#until("the gateway did not answer", () => this.#ports().catch(() => undefined));
    expectThat(before === after, `before: ${before}; after: ${after}`);
    return `the same forwards: ${after}`;
  }

  async #ports(): Promise<string> {
    const forwards: readonly OpenForward[] = await this.fixtures.ada.forwards();
    return forwards.map(({ conn_port }) => conn_port).join(", ");
  }

  async #curl(place: Place, url: string): Promise<string> {
    const { scenario, lab } = this.fixtures;
    const { body } = await pinnedCurl({ place, env: scenario.userEnv, url, certificate: lab.certificates["build-1"] });
    expectThat(body.startsWith("build-1 saw "), body);
    return body;
  }

  async #until<T>(complaint: string, check: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      this.fixtures.scenario.signal.signal?.throwIfAborted();
      const value = await check();
      if (value !== undefined) return value;
      expectThat(Date.now() < deadline, `${complaint} within 60 s`);
      await delay(200);
    }
  }
}
