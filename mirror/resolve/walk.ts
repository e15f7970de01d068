/**
 * Where a package may come from, in AWS's order (P-04): what a repository has, then each upstream with all of its own
 * upstreams before the next, then its external connection. Each repository is asked once, which also ends every
 * circle, and 25 are asked at most.
 */

import type { PackageFormat } from "../package-format.js";
import type { Repositories, RepositoryNode } from "./contract.js";

const MAX_REPOSITORIES = 25;

export interface PackageSource {
  readonly node: RepositoryNode;
  /** From the repository that was asked to this one, both included: each of them retains what comes from here. */
  readonly path: readonly RepositoryNode[];
  /** The external connection of `node`, or undefined for what `node` has itself. */
  readonly connection?: string;
}

/** By AWS's names. */
export const CONNECTION_FORMATS: Readonly<Record<string, PackageFormat>> = {
  "public:pypi": "pypi",
  "public:npmjs": "npm",
};

/** @param isOpen whether the origin controls of a repository let the package in from upstream (P-18). */
export function walk(
  start: RepositoryNode,
  format: PackageFormat,
  repositories: Pick<Repositories, "find">,
  isOpen: (node: RepositoryNode) => boolean,
): readonly PackageSource[] {
  const places: PackageSource[] = [];
  const visited = new Set<string>();
  const visit = (node: RepositoryNode, above: readonly RepositoryNode[]) => {
    if (visited.has(node.id) || visited.size >= MAX_REPOSITORIES) return;
    visited.add(node.id);
    const path = [...above, node];
    places.push({ node, path });
    if (!isOpen(node)) return;
    for (const name of node.upstreams) {
      const next = repositories.find(node.domain, name);
      if (next !== undefined) visit(next, path);
    }
    for (const connection of node.externalConnections) {
      if (CONNECTION_FORMATS[connection] === format) places.push({ node, path, connection });
    }
  };
  visit(start, []);
  return places;
}
