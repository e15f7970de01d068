/** `sallyport firewall sync`: makes rules or a prefix list follow a list of addresses, once or continuously. */
import { Option } from "commander";
import { defined } from "../../../base/defined.js";
import { EXIT } from "../../../base/fault.js";
import { escapeControls } from "../../../base/text/escape.js";
import type { ParsedSync, SyncRequest } from "../../../firewall/request/sync-request.js";
import type { FollowOptions } from "../../../firewall/security-group/follow.js";
import type { TurnText } from "../../../firewall/security-group/report-text.js";
import type { Turn } from "../../../firewall/security-group/watch.js";
import type { Context, Register } from "../../context.js";
import { askingOnLockout, callersOf, isLockout, withEc2 } from "../../firewall.js";

export const registerSync: Register = (parent, wrap) => {
  parent
    .command("sync")
    .description("make security-group rules or a prefix list follow a list of addresses")
    .requiredOption(
      "--source <source...>",
      "location of the list: faculty:URL, json:URL#/POINTER, file:PATH, dns:NAME, aws:SERVICE[/REGION], caller",
    )
    .option("--group <sg...>", "security group whose rules follow the list")
    .option("--port <ports...>", "ports that the list may reach: 5432, 8000-8010")
    .addOption(new Option("--protocol <name>", "protocol of the ports").choices(["tcp", "udp"]).default("tcp"))
    .option("--prefix-list <pl...>", "managed prefix list whose entries follow the list")
    .option("--owner <name>", "name of the list in the mark of each rule (default: from the source)")
    .addOption(new Option("--family <number>", "follow only IPv4 or only IPv6 addresses").choices(["4", "6"]))
    .option("--region <region>", "region of the groups (default: region)")
    .option("--dry-run", "print the changes without making them")
    .option("--check", `as --dry-run, and exit with status ${EXIT.changesPending} if there are changes`)
    .option("--watch <span>", "keep running, with about this much time between syncs: 5m")
    .option("--listen <host:port>", "with --watch: serve /metrics and /healthz at this address")
    .option("--token-file <file>", "file of the source's bearer token (or: SALLYPORT_SOURCE_TOKEN)")
    .option("--basic-file <file>", "file of user:password for the source (or: SALLYPORT_SOURCE_BASIC)")
    .option("--source-cert <file>", "certificate to verify the source against, instead of the public CAs")
    .option("--allow-empty", "allow an empty list, which removes every rule of its owner")
    .option("--max-shrink <percent>", "largest share of the list that may disappear at once (default: 50)")
    .option("--allow-private", "allow private and reserved addresses")
    .option("--allow-everybody", "allow blocks so wide that they admit nearly everyone")
    .option("--skip-invalid", "skip entries that are not addresses")
    .option("--confirm-lockout", "allow removing the access of this machine's own address")
    .option("--quota <number>", "maximum number of rules in a group of this account (default: 60)")
    .addHelpText(
      "after",
      `
Adds rules before it removes any. Touches only rules that carry the mark of its owner; all others in the
group stay. An unreadable source, or an implausible list, changes nothing.

Examples:
  $ sallyport firewall sync --source faculty:https://example.my.faculty.ai --group sg-0a1b --port 5432 --dry-run
  $ sallyport firewall sync --source json:https://api.github.com/meta#/hooks --prefix-list pl-0a1b --family 4
  $ sallyport firewall sync --source caller --group sg-0a1b --port 22,443
  $ sallyport firewall sync --source file:allowed.txt --group sg-0a1b --port 5432 --check
  $ sallyport firewall sync --source dns:office.example.com --group sg-0a1b --port 22 --watch 5m --listen 127.0.0.1:9464`,
    )
    .action(wrap<[SyncRequest]>(sync));
};

async function sync(context: Context, flags: SyncRequest): Promise<number> {
  const { parseSyncRequest } = await import("../../../firewall/request/sync-request.js");
  const parsed = parseSyncRequest(flags);
  const groupIds = parsed.targets.flatMap((target) => (target.kind === "group" ? [target.groupId] : []));
  return withEc2(context, { region: flags.region, groupIds }, async (ec2) => {
    const options = await followOptions(context, flags, parsed, ec2);
    if (parsed.watch !== undefined) return watchOn(context, options, parsed.watch);
    return flags.dryRun || flags.check ? preview(context, flags, options) : once(context, options);
  });
}

async function followOptions(
  context: Context,
  flags: SyncRequest,
  { sources, targets, owner, overrides, family, quota }: ParsedSync,
  ec2: FollowOptions["ec2"],
): Promise<FollowOptions> {
  const files = await import("../../../certs/files.js");
  const { readCredentials } = await import("../../../firewall/request/credentials.js");
  const { readSources } = await import("../../../firewall/sources/read-source.js");
  const { env, cwd, signal } = context;
  const { caller } = (await context.config()).config;
  const credentials = await readCredentials({ cwd, env, ...files }, flags, sources);
  const reading = { env, cwd, caller, skipInvalid: overrides.skipInvalid ?? false, ...credentials };
  return defined({
    ec2,
    targets,
    owner,
    overrides,
    read: (ending = signal) => readSources(sources, { ...reading, signal: ending }),
    callers: callersOf(context),
    signal,
    family,
    quota,
  });
}

async function once(context: Context, options: FollowOptions): Promise<number> {
  const { planFollow } = await import("../../../firewall/security-group/follow.js");
  const { changesText } = await import("../../../firewall/security-group/report-text.js");
  const plan = await askingOnLockout(context, (confirmed) =>
    planFollow(confirmed ? lockoutConfirmed(options) : options),
  );
  context.signal.throwIfAborted();
  context.print(await plan.apply(), changesText);
  return EXIT.ok;
}

async function preview(context: Context, flags: SyncRequest, options: FollowOptions): Promise<number> {
  const { planFollow } = await import("../../../firewall/security-group/follow.js");
  const { planText } = await import("../../../firewall/security-group/report-text.js");
  const plan = await planFollow(options).catch((error: unknown) => {
    if (!isLockout(error)) throw error;
    // A preview shows the lockout as a warning; the run itself will refuse.
    context.warn(error.message);
    return planFollow(lockoutConfirmed(options));
  });
  context.print(plan.preview, planText);
  return flags.check === true && plan.preview.changed ? EXIT.changesPending : EXIT.ok;
}

async function watchOn(
  context: Context,
  options: FollowOptions,
  { intervalMs, listen }: NonNullable<ParsedSync["watch"]>,
): Promise<number> {
  const { follow } = await import("../../../firewall/security-group/follow.js");
  const { watch } = await import("../../../firewall/security-group/watch.js");
  const { newHistory, recordTurn } = await import("../../../firewall/security-group/sync-metrics.js");
  const { metricsHandle } = await import("../../../firewall/security-group/metrics-handle.js");
  const { serve } = await import("../../../http/server/serve.js");
  const { turnText } = await import("../../../firewall/security-group/report-text.js");
  let history = newHistory(options.owner);
  const handle = metricsHandle(() => history, intervalMs);
  const server = listen === undefined ? undefined : await serve({ at: listen, handle });
  if (server !== undefined) context.note(`metrics at ${server.url}/metrics`);
  try {
    await watch({
      intervalMs,
      signal: context.signal,
      turn: (signal) => follow({ ...options, signal }),
      onTurn: (turn) => {
        history = recordTurn(history, turn);
        printTurn(context, turn, turnText(turn));
      },
    });
  } finally {
    await server?.close();
  }
  return EXIT.ok;
}

/** Changes to stdout, the rest to stderr; with `--json` one line of JSON a turn. */
function printTurn(context: Context, { endedAt, report }: Turn, text: TurnText): void {
  if ("error" in text) {
    context.warn(escapeControls(text.error));
  } else if (context.options.json) {
    context.out(JSON.stringify({ at: endedAt.toISOString(), ...report }));
  } else {
    for (const line of text.changes) context.out(line);
    context.note(text.summary);
  }
}

function lockoutConfirmed(options: FollowOptions): FollowOptions {
  return { ...options, overrides: { ...options.overrides, confirmLockout: true } };
}
