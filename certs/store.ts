/**
 * The certificate and its key on disk. An existing pair is used or refused with a reason. Nothing is ever overwritten.
 *
 * A pair is two files, so concurrent or interrupted processes need an order. The key comes first, and of several new
 * keys exactly one gets the name. Each process then issues a certificate for the key on disk, and again exactly one
 * gets the name. So the two files always belong together, and the next run completes a lone key.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { shellWord } from "../base/text/shell.js";
import {
  certificateWithoutKey,
  expired,
  expiresSoon,
  keyEncrypted,
  keyUnsuitable,
  keyWithoutCertificate,
  mismatched,
  namesNotCovered,
  notAPrivateKey,
  notYetValid,
  pairMissing,
  holdsPrivateKey as privateKeyInside,
} from "./errors.js";
import { createNew, isTaken, readPrivate, readPublic } from "./files.js";
import {
  type CertificateFacts,
  daysLeft,
  firstCertificate,
  fromFile,
  inspectCertificate,
  namesMissing,
  RENEW_BEFORE_DAYS,
} from "./inspect.js";
import { generateKey, issueCertificate } from "./issue.js";
import { sortNames, WILDCARD } from "./names.js";
import { certificateBlocks, holdsPrivateKey } from "./pem.js";

export interface EnsureCertificateOptions {
  /** Path of the certificate. */
  readonly crt: string;
  /** Path of its private key. */
  readonly key: string;
  /** Whether to create a missing pair, or the missing certificate of a key. */
  readonly generate: boolean;
  /** Names beside "*" that the certificate must list. */
  readonly names?: readonly string[];
  /** @default "sallyport" */
  readonly commonName?: string;
  readonly now?: Date;
}

export interface StoredCertificate {
  readonly crt: string;
  readonly key: string;
  /** The CERTIFICATE blocks of `crt`, the server's first, without the text around them. */
  readonly pem: string;
  readonly facts: CertificateFacts;
  readonly created: boolean;
}

/** The pair at `crt` and `key`, created if missing. @throws Fault if it is not fit to be deployed. */
export async function ensureCertificate(options: EnsureCertificateOptions): Promise<StoredCertificate> {
  const { crt, key, now = new Date() } = options;
  const { dns, ip } = sortNames(options.names ?? []);
  const names = [...dns, ...ip].filter((name) => name !== WILDCARD);
  const created = await complete(crt, key, options.generate, (keyPem) =>
    issueCertificate({ commonName: options.commonName ?? "sallyport", names: [WILDCARD, ...names], key: keyPem, now }),
  );

  const { pem, facts } = await readCertificate(crt);
  checkValidity(fromFile(crt), facts, now);
  checkMatch(crt, key, pem, await readPrivateKey(key));
  const missing = namesMissing(facts, names);
  if (missing.length > 0) throw namesNotCovered(crt, missing);
  return { crt, key, pem, facts, created };
}

/** @returns whether this process gave the certificate its name. */
async function complete(
  crt: string,
  key: string,
  generate: boolean,
  issue: (keyPem: string) => Promise<{ cert: string }>,
): Promise<boolean> {
  // The certificate is checked before the key: a concurrent process creates the key first, so a certificate without a
  // key is no race.
  if (await isTaken(crt)) {
    if (await isTaken(key)) return false;
    throw certificateWithoutKey(crt, key);
  }
  if (!(await isTaken(key))) {
    if (!generate) throw pairMissing(crt, key);
    await createNew("private key", key, await generateKey(), 0o600);
  } else if (!generate) {
    throw keyWithoutCertificate(crt, key);
  }
  const keyObject = await readPrivateKey(key);
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
  if (keyObject.asymmetricKeyType !== "rsa")
    throw keyUnsuitable(key, keyObject.asymmetricKeyType ?? "of no known type");
  if (bits < 2048) throw keyUnsuitable(key, `RSA of ${bits} bits`);
  const { cert } = await issue(keyObject.export({ type: "pkcs1", format: "pem" }).toString());
  return createNew("certificate", crt, cert, 0o644);
}

/** The public half alone, which is all that a client has. */
export async function readCertificate(crt: string): Promise<{ pem: string; facts: CertificateFacts }> {
  const text = await readPublic("certificate", crt, 'run "sallyport certs create", or check ssl_cert_crt');
  if (holdsPrivateKey(text)) throw privateKeyInside(fromFile(crt));
  return { pem: certificateBlocks(text).join(""), facts: inspectCertificate(text, fromFile(crt)) };
}

export async function readPrivateKey(key: string): Promise<KeyObject> {
  const text = await readPrivate("private key", key, 'run "sallyport certs create", or check ssl_cert_key');
  try {
    return createPrivateKey(text);
  } catch (error) {
    if (/ENCRYPTED/.test(text)) {
      throw keyEncrypted(
        "private key",
        key,
        `take it off: (umask 077; openssl pkey -in ${shellWord(key)} -out NEW_FILE)`,
      );
    }
    throw notAPrivateKey("private key", key, error);
  }
}

/**
 * @param hint the advice in the error. @default - to make a new one
 * @throws Fault if it has expired, expires within 30 days, or is not valid yet.
 */
export function checkValidity(from: string, facts: CertificateFacts, now: Date, hint?: string): void {
  const left = daysLeft(facts, now);
  if (facts.notBefore > now) throw notYetValid(from, facts.notBefore);
  if (facts.notAfter <= now) throw expired(from, facts.notAfter, hint);
  if (left < RENEW_BEFORE_DAYS) throw expiresSoon(from, facts.notAfter, left, hint);
}

export function checkMatch(crt: string, key: string, pem: string, keyObject: KeyObject): void {
  if (!firstCertificate(pem, fromFile(crt)).checkPrivateKey(keyObject)) throw mismatched(crt, key);
}
