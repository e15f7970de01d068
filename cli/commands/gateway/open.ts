/** `sallyport gateway open`: signs in to the gateway's page by a one-time link. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { sleepUnless } from "../../../base/async/sleep.js";
import type { Context, Wrap } from "../../context.js";
import { type GatewayFlags, withGateway, withGatewayFlags } from "../../gateway.js";

interface OpenFlags extends GatewayFlags {
  readonly browser: boolean;
}

/** A browser has read a small local file by then. */
const READ_MS = 5_000;

export function registerOpen(gateway: Command, wrap: Wrap): void {
  withGatewayFlags(gateway.command("open"))
    .description("print and open a link that signs you in to the gateway's page; it works once, within a minute")
    .option("--no-browser", "only print the link")
    .addHelpText(
      "after",
      `
The link needs the browser to have the address that your token is bound to.

Examples:
  $ sallyport gateway open
  $ sallyport gateway open --gateway https://gateway.example.com --token-file ada.token --no-browser`,
    )
    .action(wrap<[OpenFlags]>(open));
}

async function open(context: Context, flags: OpenFlags): Promise<void> {
  const { url, seconds } = await withGateway(context, flags, (client) => client.signInLink());
  context.print({ url, expires_in: seconds }, () => url);
  context.note(`the link works once, within ${seconds} s`);
  if (flags.browser && !context.options.json) await openBrowser(context, url);
}

/** Every user of this machine can read the arguments of a browser, so it gets a file that leads on to the link. */
async function openBrowser({ env, note, signal }: Context, url: string): Promise<void> {
  const { browserCall } = await import("../../../connect/programs.js");
  const { findOnPath } = await import("../../../connect/find.js");
  const { run } = await import("../../../base/process/run.js");
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
