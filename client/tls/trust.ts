/**
 * Decides, before a connection is opened, what it is verified against.
 *
 * - `pinned`: a given certificate, or the generic one if none is given, turns HTTPS on and is the only trust anchor.
 * - `public`: there is no certificate, or the file holds a certificate that a CA issued, without the CA's root. Such a
 *   file has nothing to pin, so the connection is verified as usual.
 * - `plain`: `false`, and only `false`, means HTTP, with a warning.
 *
 * A file that cannot be read, holds no certificate, holds a private key or has expired is a fault: trust never falls
 * back to something weaker.
 */
import { readFile } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { type CertificateFacts, daysLeft, inspectCertificate, RENEW_BEFORE_DAYS } from "../../certs/inspect.js";
import { certificateBlocks, holdsPrivateKey } from "../../certs/pem.js";
import * as errors from "../errors.js";

export type Trust =
  | {
      readonly kind: "pinned";
      /** One PEM certificate, or a bundle whose root is in the file. */
      readonly pem: string;
      /** Facts of the first certificate in the file. */
      readonly facts: CertificateFacts;
      /** False only when the certificate's names are exactly `*`. */
      readonly checkHostName: boolean;
    }
  | { readonly kind: "public" }
  | { readonly kind: "plain" };

export interface TrustOptions {
  /** A path; `false` for plain HTTP. */
  readonly ssl_cert_crt?: string | false;
  /** The certificate to use if `ssl_cert_crt` is left out and this file exists. */
  readonly genericCrt?: string;
  /** @default the clock */
  readonly now?: Date;
}

export interface ResolvedTrust {
  readonly trust: Trust;
  readonly warnings: readonly string[];
}

const PLAIN_WARNING =
  "TLS is off (ssl_cert_crt: false): whoever is on the way can read and change everything, the token included";

/** Decides what to trust. Reads at most one file and opens no connection. */
export async function resolveTrust(options: TrustOptions): Promise<ResolvedTrust> {
  const { ssl_cert_crt: given, genericCrt, now = new Date() } = options;
  if (given === false) return { trust: { kind: "plain" }, warnings: [PLAIN_WARNING] };
  const path = given ?? genericCrt;
  if (path === undefined) return { trust: { kind: "public" }, warnings: [] };
  const pem = await readCertificate(path, given === undefined);
  if (pem === undefined) return { trust: { kind: "public" }, warnings: [] };
  return trustIn(path, pem, now);
}

/** The pure half: the trust that follows from a file's content. */
export function trustIn(path: string, pem: string, now: Date): ResolvedTrust {
  if (holdsPrivateKey(pem)) throw errors.certificateHoldsKey(path);
  const { facts, hasRoot } = parse(path, pem);
  if (facts.notAfter <= now) throw errors.certificateExpired(path, facts.notAfter);
  if (facts.notBefore > now) throw errors.certificateNotYetValid(path, facts.notBefore);
  const days = daysLeft(facts, now);
  const warnings = days > RENEW_BEFORE_DAYS ? [] : [`the certificate "${path}" expires in ${days} days`];
  if (!hasRoot) return { trust: { kind: "public" }, warnings };
  return { trust: { kind: "pinned", pem, facts, checkHostName: !facts.isWildcardOnly }, warnings };
}

function parse(path: string, pem: string): { facts: CertificateFacts; hasRoot: boolean } {
  try {
    const [facts, ...others] = certificateBlocks(pem).map((block) => inspectCertificate(block));
    if (facts === undefined) throw new Error("there is no certificate in it");
    return { facts, hasRoot: [facts, ...others].some(({ selfSigned }) => selfSigned) };
  } catch (error) {
    throw errors.certificateGarbage(path, error);
  }
}

async function readCertificate(path: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (mayBeMissing && errno(error) === "ENOENT") return undefined;
    throw errors.certificateUnreadable(path, error);
  }
}
