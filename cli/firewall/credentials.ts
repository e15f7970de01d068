/** What proves to a source who asks, and what proves the source: from files and the environment. */
import { resolve } from "node:path";
import { readPrivate, readPublic } from "../../certs/files.js";
import { basic, bearer } from "../../firewall/sources/authorization.js";
import type { ListSource } from "../../firewall/sources/list-source.js";
import type { Context } from "../context.js";
import * as errors from "./errors.js";

export interface CredentialFlags {
  readonly tokenFile?: string;
  readonly basicFile?: string;
  readonly sourceCert?: string;
}

export interface Credentials {
  readonly authorization?: string;
  readonly certificate?: string;
}

/** @throws Fault if several sources could be meant: a secret goes to nobody but whom it is for. */
export async function readCredentials(
  context: Pick<Context, "cwd" | "env">,
  flags: CredentialFlags,
  sources: readonly ListSource[],
): Promise<Credentials> {
  const authorization = await authorizationFrom(context, flags);
  const certificate =
    flags.sourceCert === undefined
      ? undefined
      : await readPublic("certificate", resolve(context.cwd, flags.sourceCert), "check --source-cert");
  if (authorization === undefined && certificate === undefined) return {};
  const remote = sources.filter((source) => "url" in source).length;
  if (remote === 0) throw errors.credentialsForNobody();
  if (remote > 1) throw errors.credentialsForMany(remote);
  return { ...(authorization && { authorization }), ...(certificate && { certificate }) };
}

async function authorizationFrom({ cwd, env }: Pick<Context, "cwd" | "env">, flags: CredentialFlags) {
  const { SALLYPORT_SOURCE_TOKEN: token, SALLYPORT_SOURCE_BASIC: credentials } = env;
  const given = [flags.tokenFile, flags.basicFile, token, credentials].filter(Boolean);
  if (given.length > 1) throw errors.twoCredentials();
  if (flags.tokenFile !== undefined) {
    const file = resolve(cwd, flags.tokenFile);
    return bearer(await readSecret("token file", file, env), `what ${JSON.stringify(flags.tokenFile)} holds`);
  }
  if (flags.basicFile !== undefined) {
    const file = resolve(cwd, flags.basicFile);
    return basic(await readSecret("file of credentials", file, env), `what ${JSON.stringify(flags.basicFile)} holds`);
  }
  if (token) return bearer(token, "SALLYPORT_SOURCE_TOKEN");
  return credentials ? basic(credentials, "SALLYPORT_SOURCE_BASIC") : undefined;
}

function readSecret(what: string, path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { CREDENTIALS_DIRECTORY: directory } = env;
  // systemd guards its credentials by an ACL, which shows as bits of the group.
  const isGuarded = directory !== undefined && directory !== "" && path.startsWith(`${resolve(directory)}/`);
  return (isGuarded ? readPublic : readPrivate)(what, path, "check the path");
}
