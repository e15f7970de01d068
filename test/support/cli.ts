/** Runs the real `sallyport` as a process of its own, compiled from the sources. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeCommand } from "./compiled.js";

export const root = join(import.meta.dirname, "../..");

export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** @default the repository's root */
  readonly cwd?: string;
  /** The whole environment beside PATH; nothing of the developer's own leaks in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds, after which it hangs. @default 600000 */
  readonly timeout?: number;
  /** Interrupts it, as Ctrl-C does. */
  readonly interrupt?: AbortSignal;
  /** As it is shipped, in `dist/`. @default false */
  readonly shipped?: boolean;
  /** Where it runs, as in `NetNamespace.enter`. @default here */
  readonly enter?: (command: readonly string[]) => readonly string[];
}

/** The program and its arguments, for tests that need the child itself. */
export function cliCommand(args: readonly string[]): [program: string, args: string[]] {
  const [program, ...rest] = nodeCommand("cli/main.ts", args);
  return [program, rest];
}

/** As {@link cliCommand}, as it is shipped. @throws where it is not built. */
export function shippedCommand(args: readonly string[]): [program: string, args: string[]] {
  const built = join(root, "dist/cli/main.js");
  if (!existsSync(built)) throw new Error(`${built} is not built: run "npm run build"`);
  return [process.execPath, [built, ...args]];
}

/** @example const { code, stdout } = await sallyport(["--version"]); */
export function sallyport(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const [first, rest] = options.shipped === true ? shippedCommand(args) : cliCommand(args);
  const [program = "", ...argv] = options.enter?.([first, ...rest]) ?? [first, ...rest];
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      cwd: options.cwd ?? root,
      env: { PATH: process.env.PATH, ...options.env },
      timeout: options.timeout ?? 600_000,
      killSignal: "SIGKILL",
    });
    options.interrupt?.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    // A command that ends without reading its input closes the pipe; that is its right.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
}
