/** Looks up where each required package would come from, and whether a private name could come from outside. */
import { mapLimit } from "../../../base/async/pool.js";
import { defined } from "../../../base/defined.js";
import type { PackageFormat } from "../../package-format.js";
import { serves } from "../index-call.js";
import type { OpenedAccess } from "../open-access.js";
import { declaredPrivate, nameOf, packageId } from "./names.js";
import { factsOf, type Judgement, judge, searchOrder } from "./origin.js";
import type { RequiredPackage, RequirementList } from "./read-requirements.js";

export interface CheckedPackage extends RequiredPackage, Judgement {
  readonly format: PackageFormat;
  /** Declared so by the caller. */
  readonly private: boolean;
  /** Private, and comes from outside or could. */
  readonly danger: boolean;
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
      for (const version of new Set(required.filter((each) => each.name === name).map((each) => each.version))) {
        const judgement = judge({ ...facts, version });
        const danger = ours && (judgement.origin === "upstream" || judgement.upstreamOpen);
        packages.push({ format, name, ...defined({ version }), ...judgement, private: ours, danger });
      }
    });
  }
  return packages.sort((a, b) => (`${a.format} ${a.name}` < `${b.format} ${b.name}` ? -1 : 1));
}
