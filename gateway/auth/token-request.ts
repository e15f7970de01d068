/** A request for a token as typed, parsed. */
import { isIP } from "node:net";
import { defined } from "../../base/defined.js";
import { quote, usageFaults } from "../../base/fault.js";
import { parseDuration } from "../../base/text/duration.js";
import { SCOPES, USER_NAME } from "./caller.js";
import type { TokenRequest } from "./issue.js";

export interface TypedTokenRequest {
  readonly user: string;
  readonly issuer: string;
  /** Each one scope, or several at spaces and commas. @default read forward */
  readonly scope?: readonly string[];
  /** A time span. */
  readonly for: string;
  readonly clientIp?: string;
}

/** @throws Fault (exit status 2) */
export function parseTokenRequest({ user, issuer, scope, clientIp, ...typed }: TypedTokenRequest): TokenRequest {
  if (!USER_NAME.test(user)) throw badUser(user);
  const words = (scope ?? ["read", "forward"]).flatMap((each) => each.split(/[ ,]+/)).filter((word) => word !== "");
  const wrong = words.find((word) => !SCOPES.some((known) => known === word));
  if (wrong !== undefined || words.length === 0) throw badScope(wrong ?? "");
  if (clientIp !== undefined && isIP(clientIp) === 0) throw badAddress(clientIp);
  const scopes = SCOPES.filter((known) => words.includes(known));
  return defined<TokenRequest>({ issuer, user, scopes, lifeMs: parseDuration(typed.for), clientIp });
}

const usage = usageFaults("cli");

const badUser = (name: string) =>
  usage(
    "bad-user",
    `--user is ${quote(name)}`,
    "write 1 to 64 letters, digits and . _ @ + -, beginning with a letter or digit",
  );

const badScope = (scope: string) =>
  usage("bad-scope", `--scope has ${quote(scope)}`, `write one or more of ${SCOPES.join(", ")}`);

const badAddress = (address: string) =>
  usage("bad-address", `--client-ip is ${quote(address)}`, "write an IPv4 or IPv6 address");
