/** A token and the endpoints for one program, written to no file. */
import type { PackageFormat } from "../package-format.js";
import { CodeArtifact, type Grant } from "./codeartifact.js";
import type { EnvironmentAccess } from "./environment.js";
import { accepts } from "./index-call.js";
import type { RepositoryRef } from "./repository-ref.js";

export interface AccessOptions {
  readonly formats: readonly PackageFormat[];
  /** @default 12 hours, chosen by AWS */
  readonly lifetimeSeconds: number | undefined;
  readonly signal: AbortSignal;
}

export interface OpenedAccess {
  readonly api: CodeArtifact;
  readonly grant: Grant;
  readonly access: EnvironmentAccess;
}

/** The caller closes `api`. @throws Fault */
export async function openAccess(
  repository: RepositoryRef,
  { formats, lifetimeSeconds, signal }: AccessOptions,
): Promise<OpenedAccess> {
  const api = new CodeArtifact(repository, { signal });
  try {
    const [grant, ...urls] = await Promise.all([
      api.authorize(lifetimeSeconds),
      ...formats.map(async (format) => [format, await api.endpoint(format)] as const),
    ]);
    const name = repository.repository.replaceAll(".", "-");
    return { api, grant, access: { token: grant.token, name, endpoints: Object.fromEntries(urls) } };
  } catch (error) {
    api.close();
    throw error;
  }
}

/**
 * Why a program that used this access may have failed, one line each. Its output went to the terminal, so each
 * endpoint is asked again: only what is true now is reported.
 */
export async function explainFailure({ grant, access }: OpenedAccess): Promise<string[]> {
  if (Date.now() >= grant.expiresAt) {
    const at = new Date(grant.expiresAt).toISOString();
    return [`the token ended ${at}, while the command ran: run it again, with a longer --duration`];
  }
  const lines: string[] = [];
  for (const [format, endpoint] of Object.entries(access.endpoints)) {
    const index = { format: format as PackageFormat, endpoint, token: access.token };
    if ((await accepts(index)) === false)
      lines.push(`${endpoint} refuses the token (401): was it revoked? run the command again for a new one`);
  }
  return lines;
}
