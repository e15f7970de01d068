/** `sallyport ui` in this process, with the page as the sources have it now. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { packageRoot } from "../../../base/tools.js";
import { runCli } from "../../../cli/run.js";
// @ts-expect-error a script without types
import { bundlePage } from "../../../scripts/bundle.mjs";

export interface UiCommand {
  /** The link that signs in, once. */
  readonly url: string;
  readonly stderr: () => string;
  /** As Ctrl-C does. @returns the exit status. */
  stop(): Promise<number>;
}

export async function startUiCommand(
  cwd: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): Promise<UiCommand> {
  const runtime = join(packageRoot, "dist/runtime");
  mkdirSync(runtime, { recursive: true });
  writeFileSync(join(runtime, "hosts-page.json"), JSON.stringify(await bundlePage("ui")));
  const interrupted = new AbortController();
  let stdout = "";
  let stderr = "";
  let printed = () => {};
  const ready = new Promise<void>((resolve) => {
    printed = resolve;
  });
  const ended = runCli(["ui", "--no-open", "--json", ...args], {
    stdin: Readable.from([]),
    stdout: {
      write: (text: string) => {
        stdout += text;
        printed();
      },
    },
    stderr: {
      write: (text: string) => {
        stderr += text;
      },
    },
    cwd,
    env,
    signal: interrupted.signal,
  });
  await Promise.race([ready, ended]);
  if (stdout === "") throw new Error(stderr);
  return {
    url: JSON.parse(stdout).url,
    stderr: () => stderr,
    stop: () => {
      interrupted.abort();
      return ended;
    },
  };
}
