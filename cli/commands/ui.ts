/** `sallyport ui`: the Hosts page, in a browser on this machine. */
import { createInterface } from "node:readline";
import { untilAborted } from "../../base/async/until-aborted.js";
import { Fault } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";
import type { UiServer } from "../../ui/server/serve.js";
import type { Context, Register } from "../context.js";
import { collect, portFlag, usage } from "../flags.js";

interface UiFlags {
  readonly port?: string;
  /** False with `--no-open`. */
  readonly open: boolean;
  readonly price?: string[];
}

export const register: Register = (program, wrap) => {
  program
    .command("ui")
    .description("serve the Hosts page on this machine: hosts, cost, files, jobs and access in a browser")
    .option("--port <number>", "port on 127.0.0.1 and ::1 (default: any that is free)")
    .option("--no-open", "only print the link")
    .option("--price <type=usd>", "hourly price of an instance type; repeatable (or: SALLYPORT_PRICES)", collect)
    .addHelpText(
      "after",
      `
The link signs one browser in, once, within five minutes; Enter prints another one. The server answers on this
machine's own addresses only, and ends with Ctrl-C. To use it from another machine, forward its port by SSH.

Examples:
  $ sallyport ui
  $ sallyport ui --no-open --port 8642
  $ sallyport ui --price g6.xlarge=0.72`,
    )
    .action(wrap<[UiFlags]>(serve));
};

async function serve(context: Context, flags: UiFlags): Promise<void> {
  const { startUi } = await import("../../ui/server/serve.js");
  const { hostsPage } = await import("../../ui/page/serve-page.js");
  const { createBackend } = await import("../ui/backend.js");
  const { parsePrices } = await import("../../stacks/lifecycle/prices.js");
  const { VERSION } = await import("../../base/version.js");
  const port = portFlag(flags.port, "--port") ?? 0;
  const prices = parsePrices([context.env.SALLYPORT_PRICES ?? "", ...(flags.price ?? [])]);
  const { signal } = context;
  const server = await startUi({
    backend: await createBackend(context, prices),
    assets: hostsPage(),
    version: VERSION,
    port,
    signal,
    failed: (error) =>
      context.warn(context.options.debug && error instanceof Error ? `${error.stack}` : errorText(error)),
  }).catch((error: unknown) => {
    throw error instanceof Fault && error.code === "http/port-taken" ? portTaken(error.message) : error;
  });
  try {
    const { url, seconds } = server.link();
    context.print({ url, expires_in: seconds, port: server.port }, () => url);
    context.note(
      `the link works once, within ${seconds / 60} minutes; Enter prints another one, Ctrl-C ends the server`,
    );
    offerLinks(context, server);
    const opened = flags.open && !context.options.json ? openOnDesktop(context, url) : undefined;
    await Promise.all([untilAborted(signal), opened]);
  } finally {
    await server.close();
  }
}

/** On a machine without a display, the user's browser is on another one. */
async function openOnDesktop(context: Context, url: string): Promise<void> {
  const { DISPLAY, WAYLAND_DISPLAY } = context.env;
  const port = new URL(url).port;
  if (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY) {
    return context.note(
      `there is no display here; from another machine: ssh -L ${port}:127.0.0.1:${port} THIS-MACHINE`,
    );
  }
  const { openBrowser } = await import("../open-browser.js");
  await openBrowser(context, url);
}

/** A link is used up by one browser, and may come too late. */
function offerLinks({ signal, out, options }: Context, server: UiServer): void {
  if (process.stdin.isTTY !== true || options.json) return;
  const lines = createInterface({ input: process.stdin });
  lines.on("line", () => out(server.link().url));
  signal.addEventListener("abort", () => lines.close(), { once: true });
}

const portTaken = (message: string) =>
  usage("port-taken", message, "choose another one with --port, or leave it out for any that is free");
