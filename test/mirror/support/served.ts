/** `sallyport mirror serve` as it is shipped, in a namespace of its own. It ends with this process at the latest. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { withParentDeath } from "../../../base/process/spawn.js";
import type { NetNamespace } from "../../../local/network/net-namespace.js";
import { shippedCommand } from "../../support/cli.js";

export class Served {
  private constructor(
    private readonly child: ChildProcess,
    private readonly said: { stdout: string; stderr: string },
  ) {}

  /** @returns when it serves. @throws with what it said where it does not. */
  static async start(namespace: NetNamespace, home: string, args: readonly string[]): Promise<Served> {
    const [node, own] = shippedCommand(["mirror", "serve", ...args]);
    // setpriv becomes nsenter, which becomes the server: a signal reaches the server itself.
    const [program = "", ...rest] = withParentDeath(namespace.enter([node, ...own]));
    const child = spawn(program, rest, { env: { PATH: process.env.PATH, HOME: home } });
    const served = new Served(child, { stdout: "", stderr: "" });
    const { said } = served;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said.stdout += text;
        if (said.stdout.includes("AWS_PROFILE=")) resolve();
      });
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`the mirror ended with ${code}: ${said.stderr}`)));
    });
    return served;
  }

  get output(): string {
    return this.said.stdout;
  }

  get log(): string {
    return this.said.stderr;
  }

  /** By SIGTERM. @returns its exit status. */
  async stop(): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const closed = once(child, "close");
    child.kill("SIGTERM");
    return (await closed)[0];
  }
}
