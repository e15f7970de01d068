/** `sallyport gateway serve` and `check`: the daemon, from this installation. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { Fault, quote } from "../../../base/fault.js";
import { packageRoot } from "../../../base/tools.js";
import type { Context, Wrap } from "../../context.js";

export function registerServe(gateway: Command, wrap: Wrap): void {
  gateway
    .command("serve")
    .description("run a gateway; needs root, nft, conntrack and fping")
    .addHelpText(
      "after",
      `
Here the global --config names a gateway.yaml (default: ./gateway.yaml). SIGINT and SIGTERM end it in good order;
SIGHUP makes it read its certificate again.

Example:
  $ sudo sallyport gateway serve --config gateway.yaml`,
    )
    .action(wrap<[]>((context) => runDaemon(context, "serve")));
  gateway
    .command("check")
    .description("check a gateway.yaml, the files that it names, and the machine's interfaces")
    .addHelpText("after", "\nExample:\n  $ sallyport gateway check --config gateway.yaml")
    .action(wrap<[]>((context) => runDaemon(context, "check")));
}

/** As in systemd/sallyport-gateway.service: with a small nursery, memory stays the same however long a backlog of the log is. */
export const NODE_FLAGS = ["--max-semi-space-size=2"];

/** This process becomes the daemon, which ends it with its own status. It has no other way to get the signals first. */
async function runDaemon({ cwd, options }: Context, command: "serve" | "check"): Promise<never> {
  const bundle = join(packageRoot, "dist/runtime/gateway.mjs");
  if (!existsSync(bundle)) throw notBuilt(bundle);
  const file = resolve(cwd, options.config ?? "gateway.yaml");
  const words = [bundle, command, "--config", file, ...(options.json ? ["--json"] : [])];
  // Node has it since 22.15. Before, its flags can only come from NODE_OPTIONS.
  const { execve } = process as { execve?: (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never };
  if (command === "serve") execve?.(process.execPath, [process.execPath, ...NODE_FLAGS, ...words], process.env);
  process.argv = [process.execPath, ...words];
  await import(pathToFileURL(bundle).href);
  return new Promise<never>(() => undefined);
}

const notBuilt = (bundle: string) =>
  new Fault("gateway/not-built", `${quote(bundle)} is missing`, { hint: 'run "npm run build" in the checkout' });
