/**
 * Acts as a gateway's user on a separate machine, with the kit's command, OpenSSH and curl, run as a person would run
 * them. Each user has a home with a sallyport.yaml, a token and a key, and sees nothing else of the demo.
 */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { RunResult } from "../../base/process/run.js";
import { endTree, withParentDeathOfTree } from "../../base/process/spawn.js";
import { packageRoot } from "../../base/tools.js";
import { writeKnownHosts } from "../../client/ssh/known-hosts.js";
import type { NetNamespace } from "../network/net-namespace.js";
import { pinnedCurl } from "../network/pinned-curl.js";
import { type LoginKey, makeLoginKey } from "./lab-machines.js";
import { expectThat } from "./steps.js";
import { firstLine } from "./user.js";

export interface LabUserOptions {
  readonly name: string;
  readonly place: NetNamespace;
  readonly home: string;
  /** Address of the gateway. */
  readonly gateway: string;
  /** Path of the gateway's certificate. */
  readonly certificate: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface OpenForward {
  readonly conn_port: number;
  readonly name: string;
  readonly target_addr: string;
  readonly target_port: number;
  /** Whether the machine is alive; null if unknown. */
  readonly routable?: boolean | null;
}

export interface UsedForward {
  readonly conn_port: number;
  readonly owner: string;
  readonly target_name?: string;
  readonly bytes: number;
  readonly connections: number;
}

export interface Session {
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

export class LabUser {
  private constructor(
    readonly options: LabUserOptions,
    readonly key: LoginKey,
  ) {}

  static async open(options: LabUserOptions): Promise<LabUser> {
    const { home, gateway, certificate } = options;
    const key = await makeLoginKey(join(home, ".ssh"));
    // OpenSSH looks for keys in the home of the password database, so this home's key is given explicitly.
    const ssh = ["-F", "none", "-i", key.file, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"];
    const known = ["-o", "HostKeyAlias={name}", "-o", 'UserKnownHostsFile="{known_hosts}"'];
    const settings = {
      gateway_url: `https://${gateway}`,
      gateway_cert: certificate,
      gateway_token_file: join(home, "token"),
      connect: { ssh: ["ssh", ...ssh, ...known, "-p", "{port}", "{user}@{host}"] },
    };
    await makeDir(home, 0o700);
    await writeFile(join(home, "sallyport.yaml"), stringify(settings));
    return new LabUser(options, key);
  }

  /** Stores the token from the gateway's operator. */
  async takeToken(token: string): Promise<void> {
    await replaceFile(join(this.options.home, "token"), `${token}\n`, 0o600);
  }

  async token(): Promise<string> {
    return (await readFile(join(this.options.home, "token"), "utf8")).trim();
  }

  /** Stores the host key of a machine's sshd, as published by the lab's owners. */
  async learnHostKey(machine: string, hostKey: string): Promise<void> {
    await writeKnownHosts(join(this.options.home, ".ssh/sallyport_lab_known_hosts"), `lab-${machine}`, 22, [hostKey]);
  }

  /** Runs the `sallyport` command. */
  sallyport(...args: readonly string[]): Promise<RunResult> {
    const { place, home, signal } = this.options;
    return place.run(
      process.execPath,
      [MAIN, ...args],
      defined({
        env: this.#env,
        inheritEnv: false,
        cwd: home,
        shownAs: `sallyport ${args.join(" ")}`,
        signal,
      }),
    );
  }

  /** Runs a command that must succeed, and returns its JSON document. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { exitCode, stdout, stderr } = await this.sallyport(...args, "--json");
    expectThat(exitCode === 0, firstLine(stderr));
    return JSON.parse(stdout) as T;
  }

  async opens(machine: string, address: string, protocol: string, more: readonly string[] = []): Promise<OpenForward> {
    return this.json("portmap", "add", machine, "--address", address, "--protocol", protocol, ...more);
  }

  async forwards(): Promise<readonly OpenForward[]> {
    return (await this.json<{ forwards: OpenForward[] }>("portmap", "list")).forwards;
  }

  async usage(): Promise<readonly UsedForward[]> {
    return (await this.json<{ used: UsedForward[] }>("usage")).used;
  }

  /** Runs a command on a lab machine. */
  onMachine(machine: string, user: string, ...command: readonly string[]): Promise<RunResult> {
    return this.sallyport(...connectTo(machine, user), "--", ...command);
  }

  /** Opens a session with endless output. Resolves at its first line. */
  async stays(machine: string, user: string): Promise<Session> {
    const { place, home } = this.options;
    const args = [MAIN, ...connectTo(machine, user), "--", "echo here; exec cat >/dev/null"];
    // Kills the whole tree: ssh must end together with the command that started it.
    const [program = "", ...more] = place.enter(withParentDeathOfTree([process.execPath, ...args]));
    const child = spawn(program, more, { cwd: home, env: this.#env, detached: true });
    const ended = new Promise<void>((resolve, reject) => child.once("error", reject).once("exit", () => resolve()));
    const typing = setInterval(() => child.stdin.write("."), 50);
    child.stdin.on("error", () => undefined);
    child.stderr.resume();
    const said = new Promise<boolean>((resolve) => child.stdout.once("data", () => resolve(true)));
    const end = async () => {
      clearInterval(typing);
      await endTree(child);
    };
    ended.then(end, end);
    const here = await Promise.race([said, ended.then(() => false)]);
    expectThat(here, "the session did not begin");
    return { ended, end };
  }

  /** Sends a request to the gateway's API, with another user's token if one is given. */
  async asks(method: string, path: string, token?: string): Promise<{ status: string; body: string }> {
    const { gateway, certificate, place, signal } = this.options;
    return pinnedCurl(
      defined({
        place,
        env: this.#env,
        url: `https://${gateway}${path}`,
        certificate,
        method,
        token: token ?? (await this.token()),
        signal,
      }),
    );
  }

  get #env(): Record<string, string> {
    return { ...this.options.env, HOME: this.options.home, NO_COLOR: "1" };
  }
}

const MAIN = join(packageRoot, "dist/cli/main.js");

const connectTo = (machine: string, user: string) =>
  ["connect", "--name", machine, "--protocol", "ssh", "--user", user] as const;
