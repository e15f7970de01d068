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
    .description("serve a CodeArtifact on this machine: its API, and the indexes for pip, uv and npm")
    .option("--dir <dir>", "directory for all data (default: ~/.local/share/sallyport/mirror)")
    .option("--listen <address:port>", `address to listen on (default: ${DEFAULT_LISTEN})`)
    .option("--url <url>", "URL that clients use, if it differs: https://mirror.example.com")
    .option("--cert <file>", "certificate, PEM; without it, plain HTTP on the loopback only")
    .option("--key <file>", "private key of the certificate, PEM")
    .option("--connection <name=source>", "source of public:pypi or public:npmjs; repeatable", collect, [])
    .option("--emulator", "accept any credentials, beside another emulator; on the loopback only")
    .addHelpText(
      "after",
      `
Here the global --config names a mirror.yaml with these settings and more; the options above override it. The
first start creates DIR/access-keys with a key that may do everything, in the format of ~/.aws/credentials: pass
it to the AWS CLI with AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE=sallyport-mirror and
AWS_ENDPOINT_URL_CODEARTIFACT. SIGINT and SIGTERM stop the server gracefully.

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
