/** Extracts facts from a certificate. */
import { X509Certificate } from "node:crypto";
import { quote } from "../base/fault.js";
import { notACertificate } from "./errors.js";
import { canonicalIp, WILDCARD } from "./names.js";
import { certificateBlocks } from "./pem.js";

export interface CertificateFacts {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipNames: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 over the DER form, `AA:BB:…`. */
  readonly fingerprint256: string;
  /** Signed by its own key; the issuer's name alone would not prove that. */
  readonly selfSigned: boolean;
  /** The names are exactly `*`: no host has that name, so the certificate itself is the identity. */
  readonly isWildcardOnly: boolean;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** Common name of the issuer, or its whole name if it has none. */
  readonly issuer: string;
}

/** With fewer days left than this, the certificate might expire during the deployment's life without notice. */
export const RENEW_BEFORE_DAYS = 30;

/**
 * Facts of the first certificate in a PEM text, which in a chain is the server's.
 *
 * @param from how errors name the text.
 */
export function inspectCertificate(pem: string, from = "the text"): CertificateFacts {
  const certificate = firstCertificate(pem, from);
  const names = alternativeNames(certificate.subjectAltName);
  const dnsNames = names.filter(({ kind }) => kind === "DNS").map(({ value }) => value);
  const ipNames = names.filter(({ kind }) => kind === "IP Address").map(({ value }) => canonicalIp(value) ?? value);
  return {
    commonName: commonName(certificate.subject) ?? "",
    dnsNames,
    ipNames,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    fingerprint256: certificate.fingerprint256,
    selfSigned: isSelfSigned(certificate),
    isWildcardOnly: names.length === 1 && dnsNames[0] === WILDCARD,
    serial: certificate.serialNumber,
    issuer: commonName(certificate.issuer) ?? certificate.issuer.replaceAll("\n", ", "),
  };
}

export function firstCertificate(pem: string, from: string): X509Certificate {
  const [block] = certificateBlocks(pem);
  if (block === undefined) throw notACertificate(from);
  try {
    return new X509Certificate(block);
  } catch (error) {
    throw notACertificate(from, error);
  }
}

/** Whole days until expiry, rounded down; negative after it. */
export function daysLeft(facts: CertificateFacts, now: Date): number {
  return Math.floor((facts.notAfter.getTime() - now.getTime()) / 86_400_000);
}

/** The members of `names` (canonical DNS names and addresses) that the certificate does not list. */
export function namesMissing(facts: CertificateFacts, names: Iterable<string>): string[] {
  const listed = new Set([...facts.dnsNames.map((name) => name.toLowerCase()), ...facts.ipNames]);
  return [...names].filter((name) => !listed.has(name));
}

/** How messages name a file: `"/home/u/.ssh/sallyport.crt"`. */
export function fromFile(path: string): string {
  return quote(path);
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

/** Node prints a name as `CN=value` lines, with special characters escaped by a backslash. */
function commonName(name: string): string | undefined {
  const line = name.split("\n").find((part) => part.startsWith("CN="));
  return line?.slice("CN=".length).replace(/\\(.)/g, "$1");
}

/**
 * Node prints `DNS:*, IP Address:192.0.2.7`. It prints a value as a JSON string if it holds a character with which a
 * hostile certificate could fake another entry.
 */
function alternativeNames(text: string | undefined): { kind: string; value: string }[] {
  if (text === undefined) return [];
  return [...text.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(([, kind = "", value = ""]) => ({
    kind,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }));
}
