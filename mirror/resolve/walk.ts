/**
 * Where a package may come from, in AWS's order: the repository's own packages, then each upstream with all of its own
 * upstreams before the next, then the external connection. Each repository is searched once, which also ends cycles,
 * and at most 25 are searched.
 */
import { CONNECTION_FORMATS, type PackageFormat } from "../package-format.js";
import type { Repositories, RepositoryNode } from "./contract.js";

/** AWS searches no more. */
const MAX_REPOSITORIES = 25;

interface OnPath {
  readonly node: RepositoryNode;
  /** From the requested repository to `node`, both included. All of them retain what comes from this source. */
  readonly path: readonly RepositoryNode[];
}

/** The packages of a repository. */
export interface RepositorySource extends OnPath {
  readonly kind: "repository";
}

/** The external connection of a repository. */
export interface ConnectionSource extends OnPath {
  readonly kind: "connection";
  /** `public:pypi` */
  readonly connection: string;
}

export type PackageSource = RepositorySource | ConnectionSource;

/** @param isOpen whether the origin controls of a repository let the package in from upstream. */
export function walk(
  start: RepositoryNode,
  format: PackageFormat,
  repositories: Pick<Repositories, "find">,
  isOpen: (node: RepositoryNode) => boolean,
): readonly PackageSource[] {
  const sources: PackageSource[] = [];
  const visited = new Set<string>();
  const visit = (node: RepositoryNode, above: readonly RepositoryNode[]) => {
    if (visited.has(node.id) || visited.size >= MAX_REPOSITORIES) return;
    visited.add(node.id);
    const path = [...above, node];
    sources.push({ kind: "repository", node, path });
    if (!isOpen(node)) return;
    for (const name of node.upstreams) {
      const next = repositories.find(node.domain, name);
      if (next !== undefined) visit(next, path);
    }
    for (const connection of node.externalConnections) {
      if (CONNECTION_FORMATS[connection] === format) sources.push({ kind: "connection", node, path, connection });
    }
  };
  visit(start, []);
  return sources;
}
