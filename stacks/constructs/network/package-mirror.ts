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
  /** The external connection of a new store. @default - the repository exists in the domain already */
  readonly connection?: string;
}

export interface MirrorRepositories {
  readonly domain: string;
  readonly repository: string;
  /** In the order in which CodeArtifact searches them. */
  readonly upstreams: readonly Upstream[];
  /** Formats of the packages, sorted; `pypi` if no upstream implies one. */
  readonly formats: readonly string[];
}

export interface PackageMirrorProps {
  /** Prefix of the name of the readers' policy. */
  readonly name: string;
  /** From `mirrorRepositories`. */
  readonly repositories: MirrorRepositories;
  /** Returns the ARNs of the roles that may read, given the domain's owner. */
  readonly readers: (account: string) => readonly string[];
}

/**
 * A CodeArtifact domain with the team's repository, and behind it a store for each public repository. A store keeps
 * every package that it has fetched, and the team's repository keeps every installed package.
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
  /** A policy for roles that install packages. It is attached to none. */
  readonly readerPolicy: IamPolicy;
  /** CodeArtifact's URL for each format. The URLs contain no token. */
  readonly endpoints: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: PackageMirrorProps) {
    super(scope, id);
    const { domain, repository, upstreams, formats } = props.repositories;
    // Without a key of the user's own, AWS's applies. CodeArtifact rejects an empty value, so the argument is left out.
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
          // The name of a repository is known before it exists.
          dependsOn: [this.repository, policy],
        }).repositoryEndpoint,
      ]),
    );
  }
}
