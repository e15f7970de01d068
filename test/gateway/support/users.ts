/** The people at a lab's clients: each with the shipped `sallyport`, a home, a token and an ssh key of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defined } from "../../../base/defined.js";
import { withParentDeath } from "../../../base/process/spawn.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import { type CliRun, sallyport, shippedCommand } from "../../support/cli.js";
import { ISSUER } from "./gateway.js";

export interface UserOptions {
  readonly name: string;
  /** Whose address the token is bound to. */
  readonly address: string;
  /** Where they sit. */
  readonly client: NetNamespace;
  /** What {@link writeDaemonFiles} wrote in. */
  readonly gatewayDir: string;
  /** `https://HOST`. */
  readonly gateway: string;
  /** Of an ssh-agent, for who uses ssh. */
  readonly agentSocket?: string;
}

export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<number | null>;
}

export class User {
  private constructor(
    readonly home: string,
    readonly client: NetNamespace,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** The token is made by the command that a gateway's keeper has for it. */
  static async come(options: UserOptions): Promise<User> {
    const { name, gatewayDir } = options;
    const home = join(gatewayDir, `home-${name}`);
    mkdirSync(home, { mode: 0o700 });
    const how = [
      "--user",
      name,
      "--client-ip",
      options.address,
      "--issuer",
      ISSUER,
      "--key",
      join(gatewayDir, "secret"),
    ];
    const made = await sallyport(["gateway", "token", ...how], { env: { HOME: home }, shipped: true });
    if (made.code !== 0) throw new Error(made.stderr);
    writeFileSync(join(home, "token"), made.stdout, { mode: 0o600 });
    const settings = {
      gateway_url: options.gateway,
      gateway_cert: join(gatewayDir, "cert"),
      gateway_token_file: "token",
    };
    writeFileSync(join(home, "sallyport.yaml"), JSON.stringify(settings));
    const { agentSocket } = options;
    const env = defined({ HOME: home, SSH_AUTH_SOCK: agentSocket });
    return new User(home, options.client, env);
  }

  /** The same person with the same token, elsewhere. */
  at(client: NetNamespace): User {
    return new User(this.home, client, this.env);
  }

  run(...args: string[]): Promise<CliRun> {
    const { env, client } = this;
    const enter = (command: readonly string[]) => client.enter(command);
    return sallyport(args, { cwd: this.home, env, shipped: true, enter });
  }

  /** What the command says with `--json`. @throws where it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  async json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.run("--json", ...args);
    if (code !== 0) throw new Error(`status ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** A command that goes on. */
  start(...args: string[]): Running {
    const [first, rest] = shippedCommand(args);
    const [program = "", ...argv] = withParentDeath(this.client.enter([first, ...rest]));
    const child = spawn(program, argv, {
      cwd: this.home,
      env: { PATH: process.env.PATH, ...this.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, stdout: () => said.stdout, stderr: () => said.stderr, ended };
  }
}
