/** `sallyport mirror exec -- COMMAND`. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command } from "commander";
import { EXIT, errno, Fault, quote } from "../../../base/fault.js";
import type { Context, Wrap } from "../../context.js";
import { type AccessFlags, openMirror } from "./access.js";
import { withRepositoryFlags } from "./repository.js";

export function registerExec(mirror: Command, wrap: Wrap): void {
  withRepositoryFlags(
    mirror.command("exec").description("run a command that uses the mirror, without changing any file"),
  )
    .option("--duration <time>", "lifetime of the token: 15m to 12h, or 0 for the role's session (default: 12h)")
    .argument("<command...>", "the command and its arguments, after --")
    .addHelpText(
      "after",
      `
The token is only in the command's environment, and tools send it to the mirror only. twine gets it if it is the
command itself; in a script, write TWINE_PASSWORD="$CODEARTIFACT_AUTH_TOKEN" before it. Forwards signals, and
exits with the command's status.

Examples:
  $ sallyport mirror exec --domain tools --repository team -- pip install -r requirements.txt
  $ sallyport mirror exec -- npm ci`,
    )
    .action(wrap<[string[], AccessFlags]>(execute));
}

async function execute(context: Context, [program = "", ...args]: string[], flags: AccessFlags): Promise<number> {
  const { commandEnvironment } = await import("../../../mirror/login/scoping/command-environment.js");
  const { findOtherSource } = await import("../../../mirror/login/scoping/poetry-source.js");
  const { besideMirror } = await import("../../../mirror/login/warnings/warnings.js");
  const { writeYarnFiles } = await import("../../../mirror/login/scoping/yarn-files.js");
  const opened = await openMirror(context, flags, ["pypi", "npm"]);
  try {
    const command = { words: [program, ...args], env: context.env };
    const other = await findOtherSource(context.cwd, opened.access);
    if (other !== undefined) context.warn(other);
    const { name, endpoints } = opened.access;
    const about = { endpoint: endpoints.pypi ?? "", name, env: context.env, cwd: context.cwd };
    for (const line of await besideMirror(command.words, about)) context.warn(line);
    const yarn = await writeYarnFiles(opened.access, command);
    try {
      const env = commandEnvironment(opened.access, { ...command, otherSource: other !== undefined, yarn });
      const status = await runThrough(program, args, { cwd: context.cwd, env });
      if (status === 0) return status;
      const { explainFailure } = await import("../../../mirror/login/open-access.js");
      for (const line of await explainFailure(opened)) context.note(line);
      return status;
    } finally {
      await yarn.remove();
    }
  } finally {
    opened.api.close();
  }
}

const PASSED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];

/** @returns the exit status; as in shells, 128 plus the signal's number if one ended the command. */
function runThrough(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: "inherit" });
    // On a terminal, Ctrl-C reaches the child directly; forwarding it would send it twice.
    const passed = PASSED.filter((name) => name !== "SIGINT" || process.stdin.isTTY !== true);
    const pass = (name: NodeJS.Signals) => void child.kill(name);
    for (const name of passed) process.on(name, pass);
    const done = () => {
      for (const name of passed) process.off(name, pass);
    };
    child.on("error", (error) => {
      done();
      const missing = errno(error) === "ENOENT";
      reject(
        new Fault(
          "mirror/cannot-run",
          `${quote(program)} cannot be run: ${missing ? "there is no such program" : error.message}`,
          {
            exit: missing ? EXIT.notFound : EXIT.failure,
            hint: "write the command after --",
          },
        ),
      );
    });
    child.on("close", (code, signal) => {
      done();
      resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
    });
  });
}
