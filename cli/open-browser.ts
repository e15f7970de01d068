/** Opens a link that is a secret in the user's browser. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleepUnless } from "../base/async/sleep.js";
import type { Context } from "./context.js";

/** A browser has read a small local file by then. */
const READ_MS = 5_000;

/** Every user of this machine can read the arguments of a browser, so it gets a file that leads on to the link. */
export async function openBrowser({ env, note, signal }: Context, url: string): Promise<void> {
  const { browserCall } = await import("../connect/programs.js");
  const { findOnPath } = await import("../connect/find.js");
  const { run } = await import("../base/process/run.js");
  const dir = await mkdtemp(join(tmpdir(), "sallyport-open-"));
  try {
    const file = join(dir, "sign-in.html");
    await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${url}">\n`, { mode: 0o600 });
    const { program, args } = browserCall(file, process.platform);
    if (findOnPath(program, env) === undefined) return note(`there is no ${program} here: open the link yourself`);
    const { exitCode } = await run(program, args, { signal, timeoutMs: READ_MS }).catch(() => ({ exitCode: 1 }));
    if (exitCode === 0) await sleepUnless(signal, READ_MS);
    else note("no browser could be started: open the link yourself");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
