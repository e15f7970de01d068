/** Authentication of package requests: the token is the Basic password of the user "aws" (pip, twine), or a Bearer (npm). */
import { Problem } from "../../../http/problem.js";
import type { Role } from "./caller.js";
import type { Tokens } from "./tokens.js";

export interface PackageCaller {
  readonly who: string;
  readonly role: Role;
  readonly keyId: string;
}

/** In the body for curl, and in the status line for `pip -vv`, which shows nothing else. */
const HINT = "get a new one: aws codeartifact login, or sallyport mirror login";

const refused = (verdict: string, detail: string) =>
  new Problem(401, verdict, "Unauthorized", detail, {
    reason: `Unauthorized: ${detail}`,
    headers: { "WWW-Authenticate": 'Basic realm="Sallyport mirror", charset="UTF-8"' },
  });

const noToken = () => refused("no-token", `packages need an authorization token; ${HINT}`);
const badToken = () => refused("bad-token", `the token is not valid here; ${HINT}`);
const expiredToken = () => refused("expired-token", `the token has expired; ${HINT}`);

/** @throws Problem of status 401 */
function tokenOf(authorization: string | undefined): string {
  const [, scheme = "", value = ""] = /^(basic|bearer) +([\x21-\x7e]+) *$/i.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  const pair = Buffer.from(value, "base64").toString("latin1");
  if (!pair.startsWith("aws:")) throw noToken();
  return pair.slice("aws:".length);
}

export interface PackageAuthRequest {
  readonly authorization: string | undefined;
  /** Of the requested domain; undefined if there is none of that name. */
  readonly domainId: string | undefined;
  readonly nowMs: number;
}

export interface PackageAuthorities {
  readonly tokens: Tokens;
  /** Whether an access key is still in use. */
  readonly isKey: (keyId: string) => boolean;
}

/** @throws Problem of status 401 */
export function packageCaller(
  { authorization, domainId, nowMs }: PackageAuthRequest,
  { tokens, isKey }: PackageAuthorities,
): PackageCaller {
  const record = tokens.find(tokenOf(authorization));
  if (record === undefined) throw badToken();
  if (record.endsMs <= nowMs) throw expiredToken();
  if (record.domainId !== domainId || !isKey(record.keyId)) throw badToken();
  return { who: record.who, role: record.role, keyId: record.keyId };
}
