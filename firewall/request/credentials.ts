/** The secret that authenticates this side to a source, and the certificate that the source must match. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { basic, bearer } from "../sources/authorization.js";
import type { ListSource } from "../sources/list-source.js";
import * as errors from "./errors.js";

export interface CredentialRequest {
  readonly tokenFile?: string;
  readonly basicFile?: string;
  readonly sourceCert?: string;
}

export interface Credentials {
  readonly authorization?: string;
  readonly certificate?: string;
}

/** Reads a file; `what` names it in errors. */
type ReadFile = (what: string, path: string, hintIfMissing: string) => Promise<string>;

export interface CredentialReader {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readPublic: ReadFile;
  /** Refuses a file that others than its owner may open. */
  readonly readPrivate: ReadFile;
}

/** @throws Fault if more than one source has a URL: a secret must not reach a second server. */
export async function readCredentials(
  reader: CredentialReader,
  request: CredentialRequest,
  sources: readonly ListSource[],
): Promise<Credentials> {
  const authorization = await authorizationFrom(reader, request);
  const certificate =
    request.sourceCert === undefined
      ? undefined
      : await reader.readPublic("certificate", resolve(reader.cwd, request.sourceCert), "check --source-cert");
  if (authorization === undefined && certificate === undefined) return {};
  const remote = sources.filter((source) => "url" in source).length;
  if (remote === 0) throw errors.credentialsWithoutUrl();
  if (remote > 1) throw errors.credentialsForMany(remote);
  return defined({ authorization, certificate });
}

async function authorizationFrom(reader: CredentialReader, { tokenFile, basicFile }: CredentialRequest) {
  const { SALLYPORT_SOURCE_TOKEN: token, SALLYPORT_SOURCE_BASIC: credentials } = reader.env;
  if ([tokenFile, basicFile, token, credentials].filter(Boolean).length > 1) throw errors.twoCredentials();
  const contents = (file: string) => `what ${JSON.stringify(file)} holds`;
  if (tokenFile !== undefined) return bearer(await readSecret("token file", tokenFile, reader), contents(tokenFile));
  if (basicFile !== undefined)
    return basic(await readSecret("file of credentials", basicFile, reader), contents(basicFile));
  if (token) return bearer(token, "SALLYPORT_SOURCE_TOKEN");
  return credentials ? basic(credentials, "SALLYPORT_SOURCE_BASIC") : undefined;
}

function readSecret(what: string, file: string, { cwd, env, readPrivate, readPublic }: CredentialReader) {
  const path = resolve(cwd, file);
  const { CREDENTIALS_DIRECTORY: directory } = env;
  // systemd protects its credentials with an ACL, which looks like group permission bits.
  const isGuarded = directory !== undefined && directory !== "" && path.startsWith(`${resolve(directory)}/`);
  return (isGuarded ? readPublic : readPrivate)(what, path, "check the path");
}
