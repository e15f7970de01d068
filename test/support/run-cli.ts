/** Runs the whole command except the process around it: quicker than a process of its own. */
import { Readable } from "node:stream";
import { runCli } from "../../cli/run.js";

export interface InProcessRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

export async function runInProcess(
  args: readonly string[],
  { cwd, env, input = "", signal = new AbortController().signal }: InProcessOptions,
): Promise<InProcessRun> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const stdin = Readable.from(input === "" ? [] : [Buffer.from(input)], { objectMode: false });
  const code = await runCli(args, { stdin, stdout: stream("stdout"), stderr: stream("stderr"), cwd, env, signal });
  return { code, ...written };
}
