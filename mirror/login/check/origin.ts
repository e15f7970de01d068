/** Where a package would come from: the repository's own answer put together from several (P-04, P-18). */

import { defined } from "../../../base/defined.js";
import type { PackageFormat } from "../../package-format.js";
import type { CodeArtifact, Controls, FoundVersion, PackageId } from "../codeartifact.js";

/**
 * own: published into this domain; upstream: from outside, through an external connection; nowhere:
 * the index answers 404.
 */
export type Origin = "own" | "upstream" | "nowhere";

export interface Judgement {
  readonly origin: Origin;
  /** The repository of the domain that has it, or that it came or would come in by. */
  readonly repository?: string;
  /** `public:pypi` */
  readonly connection?: string;
  /** Whether versions from outside may come in under this name. */
  readonly upstreamOpen: boolean;
  /** False where the pinned version is not among those that were found; undefined where that is not known. */
  readonly versionFound?: boolean;
}

export interface Facts {
  /** In the order in which CodeArtifact asks them, the repository itself first. */
  readonly searched: readonly {
    readonly repository: string;
    readonly connection?: string;
    readonly versions: readonly FoundVersion[];
  }[];
  readonly controls: Controls | undefined;
  /** Whether the index of the repository answers for the name. */
  readonly served: boolean;
  /** The one that is pinned. */
  readonly version?: string | undefined;
}

/** Pure. */
export function judge({ searched, controls, served, version }: Facts): Judgement {
  const upstreamOpen = controls?.upstream !== "BLOCK" && connects(searched);
  const wanted = (found: FoundVersion) => version === undefined || found.version === version;
  const holding =
    searched.find(({ versions }) => versions.some(wanted)) ?? searched.find(({ versions }) => versions.length > 0);
  if (holding !== undefined) {
    // With several at once a public one is what must be known.
    const matching = holding.versions.filter(wanted);
    const found = matching.find(({ external }) => external) ?? matching[0] ?? holding.versions[0];
    const versionFound = version === undefined ? undefined : matching.length > 0;
    // An own name whose pinned version is nowhere here is looked for outside, if that is open.
    const outside = found?.external === true || (versionFound === false && upstreamOpen && served);
    const connection = found?.connection ?? (outside ? holding.connection : undefined);
    return defined({
      origin: outside ? "upstream" : "own",
      repository: found?.repository ?? holding.repository,
      upstreamOpen,
      connection,
      versionFound,
    });
  }
  if (!served) return { origin: "nowhere", upstreamOpen };
  // Nothing of the domain has it yet, and the index has: it comes in by the first that is connected.
  const door = searched.find(({ connection }) => connection !== undefined);
  return defined({
    origin: "upstream",
    upstreamOpen,
    repository: door === undefined ? undefined : door.repository,
    connection: door?.connection === undefined ? undefined : door.connection,
  });
}

const connects = (searched: Facts["searched"]) => searched.some(({ connection }) => connection !== undefined);

/** The search stops here (P-03). */
const MAX_REPOSITORIES = 25;

/** The repositories in the order of the search, each with its external connection. */
export async function searchOrder(
  api: CodeArtifact,
  format: PackageFormat,
): Promise<{ repository: string; connection?: string }[]> {
  const order: { repository: string; connection?: string }[] = [];
  const visit = async (repository: string): Promise<void> => {
    if (order.length >= MAX_REPOSITORIES || order.some((each) => each.repository === repository)) return;
    const { upstreams, connection } = await api.describe(repository, format);
    order.push(defined({ repository, connection }));
    for (const upstream of upstreams) await visit(upstream);
  };
  await visit(api.target.repository);
  return order;
}

/** @param served asks the index. */
export async function factsOf(
  api: CodeArtifact,
  order: readonly { readonly repository: string; readonly connection?: string }[],
  id: PackageId,
  served: () => Promise<boolean>,
): Promise<Omit<Facts, "version">> {
  const [controls, isServed, ...lists] = await Promise.all([
    api.controls(id),
    served(),
    ...order.map(({ repository }) => api.versions(id, repository)),
  ]);
  return {
    controls,
    served: isServed,
    searched: order.map((each, index) => ({ ...each, versions: lists[index] ?? [] })),
  };
}
