/**
 * Checks AWS Signature Version 4 in the Authorization header. Pure: request, clock and keys come in.
 *
 * A signature is valid for this host, service and region, and within five minutes of its date. Within that time it can
 * be replayed, as with AWS; TLS keeps it secret.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { badSignature, expiredKey, incompleteSignature, notSigned, unknownKey } from "../errors.js";
import { canonicalRequest, type SignedRequest, sha256Hex } from "./canonical.js";

export interface Secret {
  readonly secret: string;
  /** The required X-Amz-Security-Token. */
  readonly sessionToken?: string;
  readonly endsMs?: number;
}

interface Scope {
  readonly keyId: string;
  /** `20260102` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface SignatureContext<K extends Secret> {
  readonly nowMs: number;
  /** Whether a Host header names this server. */
  readonly isOwnHost: (host: string) => boolean;
  readonly region: string;
  readonly keyOf: (keyId: string) => K | undefined;
}

export const SERVICE = "codeartifact";
const SKEW_MS = 5 * 60_000;

const ALGORITHM = "AWS4-HMAC-SHA256";
const SCOPE = /^([A-Za-z0-9]{4,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

interface ParsedAuthorization {
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly signature: string;
}

/** Parses an Authorization header. @throws ApiError */
export function parseAuthorization(header: string | undefined): ParsedAuthorization {
  if (header === undefined) throw notSigned();
  if (!header.startsWith(`${ALGORITHM} `)) throw incompleteSignature(`Authorization must begin with ${ALGORITHM}.`);
  const parts = new Map(
    header
      .slice(ALGORITHM.length)
      .split(",")
      .map((part) => {
        const equals = part.indexOf("=");
        return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const;
      }),
  );
  const part = (name: string, pattern: RegExp) => {
    const value = pattern.exec(parts.get(name) ?? "");
    if (value === null) throw incompleteSignature(`Authorization header requires a valid '${name}' parameter.`);
    return value;
  };
  const [, keyId = "", date = "", region = "", service = ""] = part("Credential", SCOPE);
  const [names = ""] = part("SignedHeaders", /^[a-z0-9-]+(;[a-z0-9-]+)*$/);
  const [signature = ""] = part("Signature", /^[0-9a-f]{64}$/);
  return { scope: { keyId, date, region, service }, names: names.split(";"), signature };
}

/** @returns the key that signed. @throws ApiError of status 403, with AWS's text */
export function verify<K extends Secret>(request: SignedRequest, expected: SignatureContext<K>): K {
  const { headers } = request;
  const { scope, names, signature } = parseAuthorization(headers.authorization);
  const key = expected.keyOf(scope.keyId);
  if (key === undefined) throw unknownKey();
  if (scope.service !== SERVICE) throw badSignature(`Credential should be scoped to correct service: '${SERVICE}'.`);
  if (scope.region !== expected.region) {
    throw badSignature(`Credential should be scoped to a valid region: '${expected.region}'.`);
  }
  const stamp = headers["x-amz-date"] ?? "";
  const signedMs = timeOf(stamp);
  if (signedMs === undefined) throw incompleteSignature("X-Amz-Date must be a date such as 20260102T030405Z.");
  if (stamp.slice(0, 8) !== scope.date) throw badSignature("Date in Credential scope does not match X-Amz-Date.");
  const late = expected.nowMs - signedMs;
  if (late > SKEW_MS) throw badSignature(`Signature expired: ${stamp} is more than 5 min. ago.`);
  if (late < -SKEW_MS) throw badSignature(`Signature not yet current: ${stamp} is more than 5 min. ahead.`);
  const needed = [
    "host",
    ...Object.keys(headers).filter((name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256"),
  ];
  const unsigned = needed.find((name) => !names.includes(name));
  if (unsigned !== undefined) throw badSignature(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  if (!expected.isOwnHost(headers.host ?? "")) {
    throw badSignature("The request is signed for another host than this one.");
  }
  const toSign = [
    ALGORITHM,
    stamp,
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    sha256Hex(canonicalRequest(request, names)),
  ].join("\n");
  const mine = hmac(signingKey(key.secret, scope), toSign);
  if (!timingSafeEqual(mine, Buffer.from(signature, "hex"))) {
    throw badSignature("The request signature we calculated does not match the signature you provided.");
  }
  const session = headers["x-amz-security-token"];
  if (key.sessionToken !== undefined && !same(key.sessionToken, session ?? "")) throw unknownKey();
  if (key.endsMs !== undefined && key.endsMs <= expected.nowMs) throw expiredKey();
  return key;
}

function signingKey(secret: string, { date, region, service }: Scope): Buffer {
  return [date, region, service, "aws4_request"].reduce(hmac, Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Compares digests, which have equal lengths. */
function same(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)));
}

function timeOf(stamp: string): number | undefined {
  const parts = DATE.exec(stamp);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
