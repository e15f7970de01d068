/** `sallyport mirror check`: where packages would come from. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { Judgement } from "../../mirror/login/check/origin.js";
import type { PackageFormat } from "../../mirror/login/codeartifact.js";
import type { Context, Wrap } from "../context.js";
import { type OpenFlags, openMirror } from "./access.js";
import { withTargetFlags } from "./target.js";
import { readNames, readWishes, type Wish } from "./wishes.js";

export function registerCheck(mirror: Command, wrap: Wrap): void {
  withTargetFlags(
    mirror
      .command("check")
      .description("where each package of a requirements.txt or package-lock.json would come from"),
  )
    .argument("<file...>", "requirements files, package-lock.json")
    .option("--private <name...>", 'names that must be ours; "*" stands for any text: acme-*, @acme/*')
    .option("--private-list <file>", "more of them, one a line")
    .addHelpText(
      "after",
      `
Ends with 1 if a name that is declared private would, or could, come from outside: it does, or versions
from outside may come in under it. "sallyport mirror private NAME" closes that.

Examples:
  $ sallyport mirror check requirements.txt --private 'acme-*'
  $ sallyport mirror check package-lock.json --private-list private-names.txt --json`,
    )
    .action(wrap<[string[], CheckFlags]>(check));
}

interface CheckFlags extends OpenFlags {
  readonly private?: string[];
  readonly privateList?: string;
}

/** AWS allows some hundred reads a second in an account; one file shall not take them all. */
const AT_ONCE = 8;

async function check(context: Context, files: string[], flags: CheckFlags): Promise<number> {
  const { declaredPrivate, nameOf, packageId } = await import("../../mirror/login/check/names.js");
  const { factsOf, judge, searchOrder } = await import("../../mirror/login/check/origin.js");
  const { serves } = await import("../../mirror/login/index-call.js");
  const lists = await Promise.all(files.map((file) => readWishes(resolve(context.cwd, file))));
  const patterns = [
    ...(flags.private ?? []),
    ...(flags.privateList === undefined ? [] : await readNames(resolve(context.cwd, flags.privateList))),
  ];
  const formats = [...new Set(lists.map(({ format }) => format))];
  const { api, access } = await openMirror(context, flags, formats);
  try {
    const packages: (Wish & Judgement & { format: PackageFormat; private: boolean; danger: boolean })[] = [];
    for (const format of formats) {
      const order = await searchOrder(api, format);
      const isPrivate = declaredPrivate(format, patterns);
      const endpoint = access.endpoints[format] ?? "";
      const index = { format, endpoint, token: access.token, signal: context.signal };
      const wanted = lists.filter((list) => list.format === format).flatMap((list) => list.wanted);
      await inTurn([...new Set(wanted.map(({ name }) => name))], async (name) => {
        const id = packageId(format, name);
        const facts = await factsOf(api, order, id, () => serves(index, id));
        const versions = [...new Set(wanted.filter((each) => each.name === name).map(({ version }) => version))];
        for (const version of versions) {
          const judgement = judge({ ...facts, version });
          const ours = isPrivate(nameOf(id));
          const danger = ours && (judgement.origin === "upstream" || judgement.upstreamOpen);
          packages.push({
            format,
            name,
            ...defined({ version }),
            ...judgement,
            private: ours,
            danger,
          });
        }
      });
    }
    packages.sort((a, b) => (`${a.format} ${a.name}` < `${b.format} ${b.name}` ? -1 : 1));
    const elsewhere = lists.flatMap((list) => list.elsewhere);
    for (const warning of lists.flatMap((list) => list.warnings)) context.warn(warning);
    context.print({ packages, elsewhere }, () =>
      [...packages.map(line), ...elsewhere.map((text) => `${text}  not from an index: not looked up`)].join("\n"),
    );
    for (const format of formats) {
      const names = [
        ...new Set(packages.filter((each) => each.danger && each.format === format).map(({ name }) => name)),
      ];
      if (names.length > 0)
        context.note(
          `private, but open to the outside: sallyport mirror private ${names.join(" ")} --format ${format}`,
        );
    }
    return packages.some(({ danger }) => danger) ? EXIT.failure : EXIT.ok;
  } finally {
    api.close();
  }
}

function line(each: Wish & Judgement & { private: boolean; danger: boolean }): string {
  const name = each.version === undefined ? each.name : `${each.name} ${each.version}`;
  const from = {
    own: `own, from ${each.repository}`,
    upstream: `from outside${each.connection === undefined ? "" : `, ${each.connection}`}${each.repository === undefined ? "" : ` by ${each.repository}`}`,
    nowhere: "nowhere",
  }[each.origin];
  const missing = each.versionFound === false && each.origin === "own" ? "; this version is not there" : "";
  const mark = each.danger ? "  PRIVATE BUT OPEN" : each.private ? "  private" : "";
  return `${name.padEnd(32)}  ${from}${missing}${mark}`;
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
