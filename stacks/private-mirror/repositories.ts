/**
 * Plans the repositories of a package mirror: the team's own, and one store for each public repository among its
 * upstreams. Checks names and limits in advance, since AWS would refuse them half-way. Pure.
 */

import type { PrivateMirrorConfig } from "../../config/schema.js";
import type { MirrorRepositories, Upstream } from "../constructs/network/package-mirror.js";
import * as errors from "./errors.js";

/** Public repositories that CodeArtifact connects to, with the format of their packages. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  "public:pypi": "pypi",
  "public:npmjs": "npm",
  "public:maven-central": "maven",
  "public:maven-googleandroid": "maven",
  "public:maven-gradleplugins": "maven",
  "public:maven-commonsware": "maven",
  "public:maven-clojars": "maven",
  "public:nuget-org": "nuget",
  "public:ruby-gems-org": "ruby",
  "public:crates-io": "cargo",
};

/** CodeArtifact's quota. By construction, each store has exactly one connection. */
const MAX_UPSTREAMS = 10;

type RepositoryKey = "domain" | "repository" | "upstreams";

/**
 * @param name of the deployment
 * @param place returns where a part was written
 * @throws Fault (exit status 2) for values that CodeArtifact would refuse.
 */
export function mirrorRepositories(
  config: Pick<PrivateMirrorConfig, RepositoryKey>,
  name: string,
  place: (part: RepositoryKey) => string,
): MirrorRepositories {
  const { domain = name, repository = "packages", upstreams: written = ["public:pypi"] } = config;
  if (!/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/.test(domain)) throw errors.badDomain(place("domain"), domain);
  checkRepository(repository, place("repository"));
  const at = place("upstreams");
  if (written.length > MAX_UPSTREAMS) throw errors.tooManyUpstreams(at, written.length, MAX_UPSTREAMS);
  const upstreams = written.map((text) => upstream(text, at));
  for (const [index, { repository: other }] of upstreams.entries()) {
    if (other === repository) throw errors.repositoryTwice(at, other);
    if (upstreams.slice(0, index).some((before) => before.repository === other)) throw errors.upstreamTwice(at, other);
  }
  const formats = upstreams.flatMap(({ connection = "" }) => CONNECTIONS[connection] ?? []);
  return { domain, repository, upstreams, formats: formats.length === 0 ? ["pypi"] : [...new Set(formats)].sort() };
}

/** @returns `pypi-store` for `public:pypi`. */
function upstream(text: string, place: string): Upstream {
  if (!text.includes(":")) {
    checkRepository(text, place);
    return { repository: text };
  }
  if (!Object.hasOwn(CONNECTIONS, text)) throw errors.unknownConnection(place, text, Object.keys(CONNECTIONS));
  return { repository: `${text.slice("public:".length)}-store`, connection: text };
}

function checkRepository(name: string, place: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$/.test(name)) throw errors.badRepository(place, name);
}
