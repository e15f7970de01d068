/**
 * Shares a certificate with other users of the same hosts. The shared text is generated from the parsed certificate, so
 * nothing else in the file can leak. A file with a private key is refused as a whole: the user has mixed up two files.
 */
import { X509Certificate } from "node:crypto";
import { Fault } from "../base/fault.js";
import { replaceFile } from "../base/fs/atomic.js";
import {
  alreadyInstalled,
  badFingerprint,
  namesNobody,
  notACertificate,
  notSelfSigned,
  otherFingerprint,
  ownPairThere,
  holdsPrivateKey as privateKeyInside,
  severalCertificates,
} from "./errors.js";
import { createNew, isTaken } from "./files.js";
import { type CertificateFacts, firstCertificate, fromFile, inspectCertificate } from "./inspect.js";
import { certificateBlocks, holdsPrivateKey } from "./pem.js";
import { checkValidity, readCertificate, readPrivateKey } from "./store.js";

export interface SharedCertificate {
  /** A PEM file with explanations: every TLS client reads it, comments included. */
  readonly text: string;
  /** The command for the receiver to run on the text in a file. */
  readonly command: string;
  readonly facts: CertificateFacts;
}

export async function shareCertificate(o: { readonly crt: string; readonly now?: Date }): Promise<SharedCertificate> {
  const { pem, facts } = await readCertificate(o.crt);
  if (!facts.selfSigned) throw notSelfSigned(fromFile(o.crt), facts.issuer);
  checkValidity(fromFile(o.crt), facts, o.now ?? new Date());
  const command = `sallyport certs install FILE --fingerprint ${facts.fingerprint256.replaceAll(":", "")}`;
  const text = `# Sallyport: public certificate of the hosts of ${JSON.stringify(facts.commonName)}, valid until ${facts.notAfter.toISOString().slice(0, 10)}.
# SHA-256 ${facts.fingerprint256}
# Save this text as FILE, ask its sender for the fingerprint over another way (a call, in person), and run
#   sallyport certs install FILE --fingerprint THAT_FINGERPRINT
${reprint(pem)}`;
  return { text, command, facts };
}

export interface InstallOptions {
  /** The shared certificate. */
  readonly text: string;
  /** How errors name the text: `"team.crt"` or `the standard input`. */
  readonly from: string;
  /** The path to install to. */
  readonly crt: string;
  /** A private key that may lie beside `crt`. The certificate of the user's own pair is never replaced. */
  readonly key: string;
  /** The SHA-256 fingerprint from the sender; colons and case do not matter. */
  readonly fingerprint?: string;
  readonly replace?: boolean;
  readonly now?: Date;
}

export interface InstalledCertificate {
  readonly crt: string;
  readonly facts: CertificateFacts;
  /** False if this very certificate was there already. */
  readonly changed: boolean;
}

export async function installCertificate(o: InstallOptions): Promise<InstalledCertificate> {
  if (holdsPrivateKey(o.text)) throw privateKeyInside(o.from);
  const blocks = certificateBlocks(o.text);
  if (blocks.length === 0) throw notACertificate(o.from);
  if (blocks.length > 1) throw severalCertificates(o.from, blocks.length);
  const facts = inspectCertificate(o.text, o.from);
  if (o.fingerprint !== undefined && hex(facts.fingerprint256) !== wantedFingerprint(o.fingerprint)) {
    throw otherFingerprint(o.from, facts.fingerprint256);
  }
  if (!facts.selfSigned) throw notSelfSigned(o.from, facts.issuer);
  if (facts.dnsNames.length + facts.ipNames.length === 0) throw namesNobody(o.from);
  checkValidity(o.from, facts, o.now ?? new Date(), "ask its creator for a new one");

  const pem = reprint(o.text);
  if (await isTaken(o.key)) await checkNotOurs(o, pem);
  const installed = { crt: o.crt, facts };
  if (await createNew("certificate", o.crt, pem, 0o644)) return { ...installed, changed: true };
  const there = await readCertificate(o.crt).catch((error: unknown) => {
    // Only garbage is replaced without asking: a file with a private key must not be lost.
    if (o.replace === true && error instanceof Fault && error.code === "certs/not-a-certificate") return undefined;
    throw error;
  });
  if (there?.facts.fingerprint256 === facts.fingerprint256) return { ...installed, changed: false };
  if (there !== undefined && o.replace !== true) throw alreadyInstalled(o.crt, there.facts.fingerprint256);
  await replaceFile(o.crt, pem, 0o644);
  return { ...installed, changed: true };
}

/** If the user's own key lies beside the path, only its own certificate may go there. */
async function checkNotOurs(o: InstallOptions, pem: string): Promise<void> {
  const key = await readPrivateKey(o.key);
  if (!firstCertificate(pem, o.from).checkPrivateKey(key)) throw ownPairThere(o.crt, o.key);
}

function reprint(pem: string): string {
  return certificateBlocks(pem)
    .map((block) => new X509Certificate(block).toString())
    .join("");
}

function wantedFingerprint(text: string): string {
  const digits = hex(text.replace(/^sha-?256[:=\s]\s*/i, ""));
  if (!/^[0-9A-F]{64}$/.test(digits)) throw badFingerprint(text);
  return digits;
}

function hex(fingerprint: string): string {
  return fingerprint.replace(/[:\s]/g, "").toUpperCase();
}
