/**
 * Acts as the user of a deployed host, from any place, with the kit's command, OpenSSH and curl, run as a person would
 * run them. Each method does one thing and returns the result as text.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import type { RunResult } from "../../base/process/run.js";
import { packageRoot } from "../../base/tools.js";
import { issueCertificate } from "../../certs/issue.js";
import { writeKnownHosts } from "../../client/ssh/known-hosts.js";
import { sshArguments } from "../../client/ssh/openssh.js";
import { type Place, probePorts } from "../machine/place.js";
import { pinnedCurl } from "../network/pinned-curl.js";
import type { ProbeResult } from "../network/probe-port.js";
import { expectThat } from "./steps.js";

export interface UserOptions {
  readonly place: Place;
  /** The host's name on the command line, and the flags that go with it. */
  readonly host: string;
  readonly flags: readonly string[];
  /** The host's sshd, if it is not the one whose keys the agent reports. */
  readonly sshd?: { readonly port: number; readonly user: string; readonly hostKey: string };
  /** Path of the authorized directory for the login user. @default ~/shared */
  readonly sharedDir?: string;
  /** Whether to check the usual ports. @default true */
  readonly usualPorts?: boolean;
  /** The host's address, for programs that do not know its name. */
  readonly address: string;
  readonly httpsPort: number;
  readonly home: string;
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface Checks {
  readonly checks: readonly { readonly name: string; readonly got: string; readonly verdict: string }[];
}

/** Path traversals out of an authorized directory, as raw request targets. */
const ESCAPES = [
  "shared/../../../../etc/shadow",
  "shared/..%2f..%2f..%2f..%2fetc%2fshadow",
  "shared/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/shadow",
  "shared//../..//../../etc/shadow",
  "../etc/shadow",
  "/etc/shadow",
];

export class User {
  constructor(readonly options: UserOptions) {}

  /** Runs the `sallyport` command in the project. */
  sallyport(...args: readonly string[]): Promise<RunResult> {
    const { place, env, project, signal } = this.options;
    const main = join(packageRoot, "dist/cli/main.js");
    return place.run(
      process.execPath,
      [main, ...args],
      defined({
        env: { ...env, NO_COLOR: "1" },
        inheritEnv: false,
        cwd: project,
        shownAs: `sallyport ${args.join(" ")}`,
        signal,
      }),
    );
  }

  async verifies(): Promise<string> {
    const { stdout, stderr } = await this.sallyport("verify", this.options.host, "--json", ...this.options.flags);
    expectThat(stdout !== "", firstLine(stderr));
    const { checks } = JSON.parse(stdout) as Checks;
    const isAboutPorts = ({ name }: { name: string }) => /^port |^plain HTTP$/.test(name);
    const relevant = this.options.usualPorts === false ? checks.filter((check) => !isAboutPorts(check)) : checks;
    const bad = relevant.filter((check) => check.verdict === "failed");
    expectThat(bad.length === 0 && relevant.length > 0, bad.map((check) => `${check.name}: ${check.got}`).join("; "));
    // Another step probes the ports.
    const shown = relevant.filter(({ name }) => !name.startsWith("port "));
    return shown
      .map((check) => `${check.name}: ${check.got.replace(/((?:[0-9A-F]{2}:){8})[0-9A-F:]+/, "$1...")}`)
      .join("\n");
  }

  async refusesForeignCertificate(): Promise<string> {
    const { home, host, flags } = this.options;
    const file = join(home, "foreign.crt");
    await writeFile(file, (await issueCertificate({ commonName: "somebody-else" })).cert);
    const { exitCode, stderr } = await this.sallyport("ls", host, "--cert", file, ...flags);
    expectThat(exitCode !== 0, "the connection went through");
    return `exit ${exitCode}: ${firstLine(stderr)}`;
  }

  async movesFile(bytes: number): Promise<string> {
    const { home, host, flags } = this.options;
    const [sent, received] = [join(home, "sent.bin"), join(home, "received.bin")];
    const data = randomBytes(bytes);
    await writeFile(sent, data);
    const put = await this.sallyport("put", sent, `${host}:shared/demo/data.bin`, ...flags);
    expectThat(put.exitCode === 0, firstLine(put.stderr));
    const get = await this.sallyport("get", `${host}:shared/demo/data.bin`, received, ...flags);
    expectThat(get.exitCode === 0, firstLine(get.stderr));
    const [there, back] = [sha256(data), sha256(await readFile(received))];
    expectThat(there === back, `sent ${there}, got ${back}`);
    return `${bytes >> 20} MiB there and back, SHA-256 ${there.slice(0, 16)}... on both sides`;
  }

  /** Runs the accelerator `gzip` over HTTPS, and decompresses its output with this machine's gzip. */
  async runsJob(bytes: number): Promise<string> {
    const { home, host, flags, place, env } = this.options;
    const [input, output] = [join(home, "job.txt"), join(home, "job.txt.gz")];
    const data = randomBytes(bytes / 2).toString("hex");
    await writeFile(input, data);
    const args = ["--accelerator", "gzip", "--src", input, "--dst", output];
    const { exitCode, stderr } = await this.sallyport("process", host, ...args, ...flags);
    expectThat(exitCode === 0, firstLine(stderr));
    const back = await place.run("sh", ["-c", 'gzip -dc "$1" | sha256sum', "sh", output], { env, inheritEnv: false });
    expectThat(back.stdout.startsWith(sha256(Buffer.from(data))), "what came back is not what was sent");
    const { size } = await stat(output);
    return `${bytes >> 10} KiB in, ${size >> 10} KiB of gzip back, undone to the same SHA-256`;
  }

  /** Raw requests: the kit's own client would refuse to send these. */
  async cannotEscape(): Promise<string> {
    const token = await this.#token();
    const answers = new Set<string>();
    for (const path of ESCAPES) {
      const { status, body } = await this.curl(`/v1/files/${path}`, token);
      expectThat(/^4\d\d$/.test(status) && !body.includes("root:"), `${path} gave ${status}`);
      answers.add(status);
    }
    return `${ESCAPES.length} spellings, answers: ${[...answers].sort().join(", ")}`;
  }

  async cannotFollowLink(): Promise<string> {
    const { host, flags, home, sharedDir = "~/shared" } = this.options;
    const planted = await this.ssh(`ln -sf /etc/passwd ${sharedDir}/link`);
    expectThat(planted.exitCode === 0, firstLine(planted.stderr));
    const { exitCode, stderr } = await this.sallyport("get", `${host}:shared/link`, join(home, "stolen"), ...flags);
    expectThat(exitCode !== 0, "the linked file came back");
    return `exit ${exitCode}: ${firstLine(stderr)}`;
  }

  async needsToken(): Promise<string> {
    const without = await this.curl("/v1/files");
    expectThat(without.status === "401", `answer ${without.status}`);
    const wrong = await this.curl("/v1/files", "A".repeat(43));
    expectThat(wrong.status === "401", `answer ${wrong.status} to a wrong token`);
    return "401 without a token, 401 with a wrong one";
  }

  async logsIn(): Promise<string> {
    const { exitCode, stdout, stderr } = await this.ssh("uname -srm; hostname; id");
    expectThat(exitCode === 0, firstLine(stderr));
    return stdout;
  }

  async ssh(command: string): Promise<RunResult> {
    const { host, flags, sshd, place, home, address, env } = this.options;
    if (sshd === undefined) return this.sallyport("ssh", ...flags, host, command);
    const knownHosts = join(home, ".ssh/known_hosts");
    await writeKnownHosts(knownHosts, "demo-host", 22, [sshd.hostKey]);
    const identity = join(home, ".ssh/sallyport.pem");
    const target = {
      host: address,
      port: sshd.port,
      username: sshd.user,
      identity,
      knownHosts,
      hostKeyAlias: "demo-host",
    };
    return place.run("ssh", sshArguments(target, [command]), { env, inheritEnv: false });
  }

  probePort(ports: readonly number[], patience?: number): Promise<ProbeResult[]> {
    const { place, address, signal } = this.options;
    return probePorts(
      place,
      address,
      ports,
      defined({
        patience,
        signal,
      }),
    );
  }

  /** A request by curl with a raw path and the server's key pinned to the deployed certificate. */
  async curl(path: string, token?: string): Promise<{ status: string; body: string }> {
    const { place, address, httpsPort, home, env, signal } = this.options;
    return pinnedCurl(
      defined({
        place,
        env,
        url: `https://${address}:${httpsPort}${path}`,
        certificate: join(home, ".ssh/sallyport.crt"),
        token,
        signal,
      }),
    );
  }

  async #token(): Promise<string> {
    return (await readFile(join(this.options.home, ".ssh/sallyport.token"), "utf8")).trim();
  }
}

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

/** A command's error line, or its first line. */
export function firstLine(text: string): string {
  const lines = text.split("\n").filter((line) => !line.startsWith("warning:"));
  return (lines.find((line) => line.startsWith("error:")) ?? lines[0] ?? "").replace(/^error: /, "");
}
