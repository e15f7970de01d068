/** The calls to CodeArtifact's API that logins and checks need. The only user of its client. */
import { setMaxListeners } from "node:events";
import {
  CodeartifactClient,
  DescribePackageCommand,
  DescribeRepositoryCommand,
  GetAuthorizationTokenCommand,
  GetRepositoryEndpointCommand,
  ListPackageVersionsCommand,
  type PackageVersionOrigin,
  PutPackageOriginConfigurationCommand,
} from "@aws-sdk/client-codeartifact";
import { defined } from "../../base/defined.js";
import { awsConnection } from "../../http/client/aws.js";
import type { PackageFormat } from "../package-format.js";
import { awsFault } from "./aws-faults.js";
import * as errors from "./errors.js";
import { isWebUrl, type RepositoryRef } from "./repository-ref.js";

export interface Grant {
  /** A secret. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface PackageId {
  readonly format: PackageFormat;
  /** npm scope without its "@". */
  readonly namespace?: string;
  readonly name: string;
}

export interface Controls {
  readonly publish: "ALLOW" | "BLOCK";
  readonly upstream: "ALLOW" | "BLOCK";
}

export interface FoundVersion {
  readonly version: string;
  /** False for versions that were published into the domain. */
  readonly external: boolean;
  /** The repository and the external connection through which it came, if CodeArtifact says. */
  readonly repository?: string;
  readonly connection?: string;
}

export interface RepositoryFacts {
  readonly upstreams: readonly string[];
  /** `public:pypi` */
  readonly connection?: string;
}

/** RFC 6750's characters: none of them is special in a configuration file. */
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;

export interface CodeArtifactOptions {
  /** A profile in the AWS configuration files. @default AWS_PROFILE */
  readonly profile?: string;
  readonly signal?: AbortSignal;
}

/** Credentials, region and endpoint come from the environment and the AWS configuration files. */
export class CodeArtifact {
  readonly #client: CodeartifactClient;
  readonly #signal: AbortSignal | undefined;

  constructor(
    readonly target: RepositoryRef,
    { profile, signal }: CodeArtifactOptions = {},
  ) {
    const { region, apiUrl } = target;
    this.#signal = signal;
    // Every call in flight listens to it, and a file may list hundreds of packages.
    if (signal !== undefined) setMaxListeners(0, signal);
    this.#client = new CodeartifactClient(
      defined({
        region,
        endpoint: apiUrl,
        ...awsConnection({ profile }),
      }),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  /** The region of the calls. */
  async region(): Promise<string> {
    return await this.#of("GetAuthorizationToken", () => this.#client.config.region());
  }

  /** @param seconds 0 is sent as well: the token then ends with the role's session. @default 12 hours, chosen by AWS */
  async authorize(seconds?: number): Promise<Grant> {
    const { domain, domainOwner } = this.target;
    const input = { domain, domainOwner, durationSeconds: seconds };
    const issuedAt = Date.now();
    const answer = await this.#of("GetAuthorizationToken", (options) =>
      this.#client.send(new GetAuthorizationTokenCommand(input), options),
    );
    const { authorizationToken: token, expiration } = answer;
    if (token === undefined || expiration === undefined) throw errors.badAnswer(this.#api(), "a token and its end");
    if (!TOKEN.test(token)) throw errors.badToken();
    return { token, issuedAt, expiresAt: expiration.getTime() };
  }

  /** @returns the URL of the packages, ending with a slash. */
  async endpoint(format: PackageFormat): Promise<string> {
    const answer = await this.#of("GetRepositoryEndpoint", (options) =>
      this.#client.send(new GetRepositoryEndpointCommand({ ...this.#repository(), format }), options),
    );
    const url = answer.repositoryEndpoint ?? "";
    if (!isWebUrl(url)) throw errors.badAnswer(this.#api(), "the URL of the repository");
    return url.endsWith("/") ? url : `${url}/`;
  }

  /** @param format of the external connection's packages. */
  async describe(repository: string, format: PackageFormat): Promise<RepositoryFacts> {
    const answer = await this.#of("DescribeRepository", (options) =>
      this.#client.send(new DescribeRepositoryCommand({ ...this.#repository(), repository }), options),
    );
    const connections = answer.repository?.externalConnections ?? [];
    const connection = connections.find((each) => each.packageFormat === format)?.externalConnectionName;
    return defined({
      upstreams: (answer.repository?.upstreams ?? []).flatMap(({ repositoryName }) => repositoryName ?? []),
      connection,
    });
  }

  /** @returns undefined if the repository has no such package. */
  async controls(id: PackageId): Promise<Controls | undefined> {
    const { name, ...rest } = id;
    const answer = await this.#orNothing("DescribePackage", (options) =>
      this.#client.send(new DescribePackageCommand({ ...this.#repository(), ...rest, package: name }), options),
    );
    const { publish, upstream } = answer?.package?.originConfiguration?.restrictions ?? {};
    if (answer === undefined) return undefined;
    return { publish: publish ?? "ALLOW", upstream: upstream ?? "ALLOW" };
  }

  /** The versions that the repository holds or references; [] for an unknown name. */
  async versions(id: PackageId, repository = this.target.repository): Promise<FoundVersion[]> {
    const { name, ...rest } = id;
    const found: FoundVersion[] = [];
    let nextToken: string | undefined;
    do {
      const input = { ...this.#repository(), ...rest, repository, package: name, maxResults: 1000, nextToken };
      const answer = await this.#orNothing("ListPackageVersions", (options) =>
        this.#client.send(new ListPackageVersionsCommand(input), options),
      );
      for (const { version, origin } of answer?.versions ?? []) found.push(foundVersion(version ?? "", origin));
      nextToken = answer?.nextToken;
    } while (nextToken !== undefined);
    return found;
  }

  async setControls(id: PackageId, restrictions: Controls): Promise<void> {
    const { name, ...rest } = id;
    const input = { ...this.#repository(), ...rest, package: name, restrictions };
    await this.#of("PutPackageOriginConfiguration", (options) =>
      this.#client.send(new PutPackageOriginConfigurationCommand(input), options),
    );
  }

  #repository() {
    const { domain, domainOwner, repository } = this.target;
    return { domain, domainOwner, repository };
  }

  #api(): string {
    return this.target.apiUrl ?? "CodeArtifact";
  }

  async #of<T>(action: string, call: (options: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    try {
      return await call(this.#signal === undefined ? {} : { abortSignal: this.#signal });
    } catch (error) {
      throw awsFault(error, action, this.target);
    }
  }

  async #orNothing<T>(
    action: string,
    call: (options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#of(action, async (options) => {
      try {
        return await call(options);
      } catch (error) {
        if (isMissingPackage(error)) return undefined;
        throw error;
      }
    });
  }
}

/** A missing domain or repository is the same error with another resource type. */
function isMissingPackage(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") return false;
  const { resourceType } = error as { resourceType?: string };
  return resourceType === undefined ? /package/i.test(error.message) : /^package/.test(resourceType);
}

function foundVersion(version: string, origin: PackageVersionOrigin | undefined): FoundVersion {
  const { repositoryName, externalConnectionName } = origin?.domainEntryPoint ?? {};
  return defined({
    version,
    external: origin?.originType === "EXTERNAL" || externalConnectionName !== undefined,
    repository: repositoryName,
    connection: externalConnectionName,
  });
}
