/** Where a package would come from, derived from several answers of CodeArtifact. */

import { defined } from "../../../base/defined.js";
import type { PackageFormat } from "../../package-format.js";
import type { CodeArtifact, Controls, FoundVersion, PackageId } from "../codeartifact.js";

/**
 * own: published into this domain. upstream: from outside, through an external connection. nowhere: the index answers
 * 404.
 */
type Origin = "own" | "upstream" | "nowhere";

export interface Judgement {
  readonly origin: Origin;
  /** The repository of the domain that has it, or through which it came or would come. */
  readonly repository?: string;
  /** `public:pypi` */
  readonly connection?: string;
  /** Whether versions from outside can come in under this name. */
  readonly upstreamOpen: boolean;
  /** Whether the pinned version was found; undefined if no version is pinned or nothing was found. */
  readonly versionFound?: boolean;
}

export interface Facts {
  /** In CodeArtifact's search order, the repository itself first. */
  readonly searched: readonly {
    readonly repository: string;
    readonly connection?: string;
    readonly versions: readonly FoundVersion[];
  }[];
  readonly controls: Controls | undefined;
  /** Whether the index of the repository has the name. */
  readonly served: boolean;
  /** The pinned version. */
  readonly version?: string | undefined;
}

/** Pure. */
export function judge({ searched, controls, served, version }: Facts): Judgement {
  const upstreamOpen = controls?.upstream !== "BLOCK" && connects(searched);
  const wanted = (found: FoundVersion) => version === undefined || found.version === version;
  const holding =
    searched.find(({ versions }) => versions.some(wanted)) ?? searched.find(({ versions }) => versions.length > 0);
  if (holding !== undefined) {
    // If there are several, the public one is the important one.
    const matching = holding.versions.filter(wanted);
    const found = matching.find(({ external }) => external) ?? matching[0] ?? holding.versions[0];
    const versionFound = version === undefined ? undefined : matching.length > 0;
    // A pinned version that the domain lacks is searched outside, if that is open.
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
  // The index has it but no repository does: it comes in through the first connection.
  const connected = searched.find(({ connection }) => connection !== undefined);
  return defined({
    origin: "upstream",
    upstreamOpen,
    repository: connected === undefined ? undefined : connected.repository,
    connection: connected?.connection === undefined ? undefined : connected.connection,
  });
}

const connects = (searched: Facts["searched"]) => searched.some(({ connection }) => connection !== undefined);

/** CodeArtifact searches no more. */
const MAX_REPOSITORIES = 25;

/** The repositories in search order, each with its external connection. */
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

/** @param served asks the index for the package. */
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
