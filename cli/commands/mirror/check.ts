/** `sallyport mirror check`: the origin of packages. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT } from "../../../base/fault.js";
import type { CheckedPackage } from "../../../mirror/login/check/check-packages.js";
import type { Context, Wrap } from "../../context.js";
import { type AccessFlags, openMirror } from "./access.js";
import { withRepositoryFlags } from "./repository.js";

export function registerCheck(mirror: Command, wrap: Wrap): void {
  withRepositoryFlags(
    mirror.command("check").description("show where each package of a requirements or lock file would come from"),
  )
    .argument("<file...>", "requirements.txt, package-lock.json, yarn.lock, pnpm-lock.yaml, poetry.lock, uv.lock")
    .option("--private <name...>", 'names that must come from us; "*" matches any text: acme-*, @acme/*')
    .option("--private-list <file>", "file of such names, one a line")
    .addHelpText(
      "after",
      `
Exits with status 1 if a private name comes, or could come, from outside: the repository has an outside
version of it, or accepts one. "sallyport mirror private NAME" prevents that. Also exits with 1 if a file leads past
the mirror: a URL of another host, or another index.

Examples:
  $ sallyport mirror check requirements.txt --private 'acme-*'
  $ sallyport mirror check package-lock.json --private-list private-names.txt --json`,
    )
    .action(wrap<[string[], CheckFlags]>(check));
}

interface CheckFlags extends AccessFlags {
  readonly private?: string[];
  readonly privateList?: string;
}

async function check(context: Context, files: string[], flags: CheckFlags): Promise<number> {
  const { checkPackages, otherIndexes } = await import("../../../mirror/login/check/check-packages.js");
  const { readNames, readRequirements } = await import("../../../mirror/login/check/read-requirements.js");
  const lists = await Promise.all(files.map((file) => readRequirements(resolve(context.cwd, file))));
  const listed = flags.privateList === undefined ? [] : await readNames(resolve(context.cwd, flags.privateList));
  const patterns = [...(flags.private ?? []), ...listed];
  const formats = [...new Set(lists.map(({ format }) => format))];
  const opened = await openMirror(context, flags, formats);
  try {
    const packages = await checkPackages(opened, { lists, patterns, signal: context.signal });
    const elsewhere = lists.flatMap((list) => list.elsewhere);
    const indexes = otherIndexes(opened, lists);
    const outside = [...lists.flatMap((list) => list.remote), ...indexes.map(({ url }) => url)];
    for (const { file, url } of indexes)
      context.warn(`${file} names the index ${url}: pip asks it, whatever the login says`);
    context.print({ packages, elsewhere, outside }, () =>
      [
        ...packages.map(line),
        ...elsewhere.map((text) => `${text}  not from an index: not looked up`),
        ...outside.map((text) => `${text}  from outside, past the mirror`),
      ].join("\n"),
    );
    for (const format of formats) {
      const open = packages.filter(
        (each) => each.danger && (each.upstreamOpen || !each.bypasses) && each.format === format,
      );
      const names = new Set(open.map(({ name }) => name));
      if (names.size > 0)
        context.note(
          `private, but open to the outside: sallyport mirror private ${[...names].join(" ")} --format ${format}`,
        );
    }
    const bad = packages.some(({ danger, bypasses }) => danger || bypasses) || outside.length > 0;
    return bad ? EXIT.failure : EXIT.ok;
  } finally {
    opened.api.close();
  }
}

function line(each: CheckedPackage): string {
  const name = each.version === undefined ? each.name : `${each.name} ${each.version}`;
  const from = {
    own: `own, from ${each.repository}`,
    upstream: each.bypasses
      ? `from outside, past the mirror: ${each.url}`
      : `from outside${each.connection === undefined ? "" : `, ${each.connection}`}${each.repository === undefined ? "" : ` by ${each.repository}`}`,
    nowhere: "nowhere",
  }[each.origin];
  const missing = each.versionFound === false && each.origin === "own" ? "; this version is not there" : "";
  const mark = each.danger ? "  PRIVATE BUT OPEN" : each.private ? "  private" : "";
  return `${name.padEnd(32)}  ${from}${missing}${mark}`;
}
