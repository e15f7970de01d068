/** Looks up where each required package would come from, and whether a private name could come from outside. */
import { mapLimit } from "../../../base/async/pool.js";
import { defined } from "../../../base/defined.js";
import type { PackageFormat } from "../../package-format.js";
import { serves } from "../index-call.js";
import type { OpenedAccess } from "../open-access.js";
import { isFromMirror, isMirrorIndex } from "./from-mirror.js";
import { declaredPrivate, nameOf, packageId } from "./names.js";
import { factsOf, type Judgement, judge, searchOrder } from "./origin.js";
import type { NamedIndex, RequirementList } from "./read-requirements.js";
import type { RequiredPackage } from "./required-package.js";

export interface CheckedPackage extends RequiredPackage, Judgement {
  readonly format: PackageFormat;
  /** Declared so by the caller. */
  readonly private: boolean;
  /** Private, and comes from outside or could. */
  readonly danger: boolean;
  /** The file has a URL that is not the mirror's: it is downloaded from there, past the mirror. */
  readonly bypasses?: boolean;
}

export interface CheckOptions {
  readonly lists: readonly RequirementList[];
  /** Names and patterns that must come from the domain itself. */
  readonly patterns: readonly string[];
  readonly signal: AbortSignal;
}

/** AWS allows some hundred reads a second in an account; one check must not use them up. */
const MAX_CONCURRENT = 8;

/** @returns sorted by format and name. @throws Fault */
export async function checkPackages(
  { api, access }: OpenedAccess,
  { lists, patterns, signal }: CheckOptions,
): Promise<CheckedPackage[]> {
  const packages: CheckedPackage[] = [];
  for (const format of new Set(lists.map((list) => list.format))) {
    const order = await searchOrder(api, format);
    const isPrivate = declaredPrivate(format, patterns);
    const index = { format, endpoint: access.endpoints[format] ?? "", token: access.token, signal };
    const required = lists.filter((list) => list.format === format).flatMap((list) => list.required);
    const names = [...new Set(required.map(({ name }) => name))];
    await mapLimit(names, MAX_CONCURRENT, async (name) => {
      const id = packageId(format, name);
      const facts = await factsOf(api, order, id, () => serves(index, id));
      const ours = isPrivate(nameOf(id));
      const past = (each: RequiredPackage) => !isFromMirror(format, each, index.endpoint);
      for (const { version, url } of distinct(
        required.filter((each) => each.name === name),
        past,
      )) {
        const bypasses = url !== undefined;
        const found = judge({ ...facts, version });
        const judgement: Judgement = bypasses ? { origin: "upstream", upstreamOpen: found.upstreamOpen } : found;
        const danger = ours && (judgement.origin === "upstream" || judgement.upstreamOpen);
        const about = defined({ version, url, bypasses: bypasses || undefined });
        packages.push({ format, name, ...about, ...judgement, private: ours, danger });
      }
    });
  }
  return packages.sort((a, b) => (`${a.format} ${a.name}` < `${b.format} ${b.name}` ? -1 : 1));
}

/** With a URL only where that leads past the mirror. */
function distinct(required: readonly RequiredPackage[], past: (each: RequiredPackage) => boolean): RequiredPackage[] {
  const shown = required.map((each) => (past(each) ? each : withoutUrl(each)));
  return [...new Map(shown.map((each) => [`${each.version} ${each.url}`, each])).values()];
}

const withoutUrl = ({ name, version }: RequiredPackage): RequiredPackage => defined({ name, version });

/** The indexes of requirements files that are not the mirror, although pip takes packages from there. */
export function otherIndexes({ access }: OpenedAccess, lists: readonly RequirementList[]): NamedIndex[] {
  const endpoint = access.endpoints.pypi;
  return lists.flatMap(({ indexes }) =>
    indexes.filter(({ url }) => endpoint === undefined || !isMirrorIndex(url, endpoint)),
  );
}
