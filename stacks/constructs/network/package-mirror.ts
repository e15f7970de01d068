import { CodeartifactDomain } from "@cdktf/provider-aws/lib/codeartifact-domain/index.js";
import { CodeartifactRepository } from "@cdktf/provider-aws/lib/codeartifact-repository/index.js";
import { CodeartifactRepositoryPermissionsPolicy } from "@cdktf/provider-aws/lib/codeartifact-repository-permissions-policy/index.js";
import { DataAwsCodeartifactRepositoryEndpoint } from "@cdktf/provider-aws/lib/data-aws-codeartifact-repository-endpoint/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { Construct } from "constructs";
import { type MirrorArns, readerPolicy, repositoryPolicy } from "./mirror-policies.js";

export interface Upstream {
  /** Name of the repository. */
  readonly repository: string;
  /** Of a store that is made for it. @default - a repository that the domain has already */
  readonly connection?: string;
}

export interface MirrorRepositories {
  readonly domain: string;
  readonly repository: string;
  /** In the order in which CodeArtifact asks them. */
  readonly upstreams: readonly Upstream[];
  /** Formats of the packages, sorted. `pypi` where no upstream implies one. */
  readonly formats: readonly string[];
}

export interface PackageMirrorProps {
  /** Front of the name of the readers' policy. */
  readonly name: string;
  /** From `mirrorRepositories`. */
  readonly repositories: MirrorRepositories;
  /** ARNs of the roles that may read, given the domain's owner. */
  readonly readers: (account: string) => readonly string[];
}

/**
 * A domain of CodeArtifact with the team's repository, and behind it a store for each public repository:
 * a store keeps every package it has fetched, and the team's repository every package installed.
 *
 * @example
 * const mirror = new PackageMirror(this, "Mirror", {
 *   name: "notebooks", repositories: mirrorRepositories({}, "notebooks", () => ""), readers: () => [role.arn],
 * });
 */
export class PackageMirror extends Construct {
  readonly domain: CodeartifactDomain;
  readonly repository: CodeartifactRepository;
  readonly arns: MirrorArns;
  readonly readers: readonly string[];
  /** For roles that install packages; attached to none. */
  readonly readerPolicy: IamPolicy;
  /** Format to URL, from CodeArtifact. They hold no token. */
  readonly endpoints: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: PackageMirrorProps) {
    super(scope, id);
    const { domain, repository, upstreams, formats } = props.repositories;
    // Without a key of one's own, AWS's: an empty one is no way to say so.
    this.domain = new CodeartifactDomain(this, "Domain", { domain });
    const owner = { domain: this.domain.domain };
    const stores = upstreams.map(({ repository: name, connection }) =>
      connection === undefined
        ? name
        : new CodeartifactRepository(this, `Store-${name}`, {
            ...owner,
            repository: name,
            description: `What was fetched from ${connection}`,
            externalConnections: { externalConnectionName: connection },
          }).repository,
    );
    this.repository = new CodeartifactRepository(this, "Repository", {
      ...owner,
      repository,
      description: "Packages of the team",
      upstream: stores.map((repositoryName) => ({ repositoryName })),
    });
    this.arns = { domain: this.domain.arn, repository: this.repository.arn };
    this.readers = props.readers(this.domain.owner);
    const policy = new CodeartifactRepositoryPermissionsPolicy(this, "Permissions", {
      ...owner,
      repository: this.repository.repository,
      policyDocument: repositoryPolicy(this.arns, this.readers),
    });
    this.readerPolicy = new IamPolicy(this, "ReaderPolicy", {
      namePrefix: `${props.name}-install-`,
      description: `Install packages from ${domain}/${repository}`,
      policy: readerPolicy(this.arns),
    });
    this.endpoints = Object.fromEntries(
      formats.map((format) => [
        format,
        new DataAwsCodeartifactRepositoryEndpoint(this, `Endpoint-${format}`, {
          ...owner,
          repository,
          format,
          // Its name is known before it is there.
          dependsOn: [this.repository, policy],
        }).repositoryEndpoint,
      ]),
    );
  }
}
