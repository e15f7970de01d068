/** The whole command but for the process around it: quicker than a process of its own. */
import { runCli } from "../../cli/run.js";

export interface InProcessRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runInProcess(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<InProcessRun> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const signal = new AbortController().signal;
  const code = await runCli(args, { stdout: stream("stdout"), stderr: stream("stderr"), cwd, env, signal });
  return { code, ...written };
}
