/** `sallyport mirror serve`: a CodeArtifact on this machine. */
import type { Command } from "commander";
import { untilAborted } from "../../../base/async/until-aborted.js";
import { defined } from "../../../base/defined.js";
import type { Context, Wrap } from "../../context.js";
import { collect } from "../../flags.js";

const DEFAULT_LISTEN = "127.0.0.1:8642";

export function registerServe(mirror: Command, wrap: Wrap): void {
  mirror
    .command("serve")
    .description("be a CodeArtifact on this machine: its API, and the indexes that pip, uv and npm read")
    .option("--dir <dir>", "where everything is kept (default: ~/.local/share/sallyport/mirror)")
    .option("--listen <address:port>", `where to listen (default: ${DEFAULT_LISTEN})`)
    .option("--url <url>", "how clients write that, where it differs: https://mirror.example.com")
    .option("--cert <file>", "certificate, PEM; without it plain HTTP, on the loopback only")
    .option("--key <file>", "the certificate's key, PEM")
    .option("--connection <name=source>", "what public:pypi or public:npmjs stands for; may be repeated", collect, [])
    .option("--emulator", "take any credentials, beside another emulator; on the loopback only")
    .addHelpText(
      "after",
      `
The global --config names a mirror.yaml here, with the same settings and some more; the options above come before
it. The first start makes DIR/access-keys with a key that may do everything. It is written like
~/.aws/credentials: give it to the AWS CLI with AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE=sallyport-mirror and
AWS_ENDPOINT_URL_CODEARTIFACT. SIGINT and SIGTERM end the server in good order.

Examples:
  $ sallyport mirror serve --connection public:pypi=https://pypi.org/simple/
  $ sallyport mirror serve --connection public:pypi=/srv/wheels --connection public:npmjs=https://registry.npmjs.org/
  $ sallyport mirror serve --listen 192.0.2.10:8642 --cert mirror.crt --key mirror.key
  $ sallyport mirror serve --emulator --listen 127.0.0.1:0 --json
  $ sallyport mirror serve --config mirror.yaml`,
    )
    .action(wrap<[ServeFlags]>(serve));
}

interface ServeFlags {
  readonly dir?: string;
  readonly listen?: string;
  readonly url?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly connection: readonly string[];
  readonly emulator?: boolean;
}

async function serve(context: Context, flags: ServeFlags): Promise<void> {
  const { openLog } = await import("../../../mirror/log.js");
  const { startMirror } = await import("../../../mirror/serve.js");
  const { configFromFlags } = await import("../../../mirror/settings/from-flags.js");
  const { parseListen } = await import("../../../http/server/listen-address.js");
  const { cwd, env, options } = context;
  const listen = flags.listen === undefined ? undefined : parseListen(flags.listen);
  const config = await configFromFlags({ ...flags, listen }, { cwd, env, file: options.config });
  const log = openLog(2, context.options.quiet ? "error" : "info");
  const mirror = await startMirror(config, { env: context.env, log });
  try {
    const { url, accessKeys } = mirror;
    const serving = defined({ url, emulator: config.emulator, accessKeys });
    context.print(serving, textOf);
    await untilAborted(context.signal);
  } finally {
    await mirror.close();
  }
}

function textOf({ url, accessKeys }: { readonly url: string; readonly accessKeys?: string }): string {
  const keys =
    accessKeys === undefined
      ? ["AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"]
      : [`AWS_SHARED_CREDENTIALS_FILE=${accessKeys}`, "AWS_PROFILE=sallyport-mirror"];
  return [
    `serving at ${url}`,
    `export AWS_ENDPOINT_URL_CODEARTIFACT=${url}`,
    ...keys.map((key) => `export ${key}`),
  ].join("\n");
}
