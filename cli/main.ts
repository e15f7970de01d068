#!/usr/bin/env node
/** The process around the command: signals, closed pipes, exit status. */
import { EXIT, errno } from "../base/fault.js";
import { repairHome } from "../base/home.js";
import { applyAwsAliases } from "../http/client/aws-aliases.js";
import { reportJson, toReport } from "./report.js";
import { runCli } from "./run.js";

const args = process.argv.slice(2);
const debug = args.includes("--debug");
const json = args.includes("--json");
const silent = json || args.includes("--quiet");
// Users cannot fix deprecations inside libraries.
process.noDeprecation = !debug;
// The same goes for the Node version that the AWS SDK will need next year.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// The AWS SDK and the programs that we start would look below the working directory.
repairHome(process.env);
applyAwsAliases(process.env);

const interruption = new AbortController();
const statusOf = { SIGHUP: EXIT.hangup, SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
let stoppedBy: keyof typeof statusOf | undefined;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (stoppedBy !== undefined && name === "SIGINT") process.exit(EXIT.interrupted);
    stoppedBy ??= name;
    if (name === "SIGINT" && !silent) process.stderr.write("stopping; press Ctrl-C again to end at once\n");
    interruption.abort(new Error(`ended by ${name}`));
  });
}

// The reader went away (`sallyport ls | head -1`).
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    const isGone = errno(error) === "EPIPE";
    // Where a command streams to stdout, it listens too, and says what a full disk has cost.
    if (isGone || stream.listenerCount("error") === 1) process.exit(isGone ? EXIT.ok : EXIT.failure);
  });
}
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    const report = toReport(error);
    const lines = [`error: ${report.message}`, debug ? report.trace : []].flat();
    process.stderr.write(`${json ? reportJson(report, debug) : lines.join("\n")}\n`);
    process.exit(EXIT.failure);
  });
}

const status = await runCli(args, {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  env: process.env,
  signal: interruption.signal,
});
// Flush stdout, then exit: a kept-alive connection must not keep the command alive.
await new Promise((written) => process.stdout.write("", written));
process.exit(stoppedBy !== undefined && status === EXIT.interrupted ? statusOf[stoppedBy] : status);
