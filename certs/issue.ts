/**
 * A self-signed server certificate that is its own trust anchor: whoever trusts exactly this
 * certificate trusts the holder of its key, and nothing else that key may sign.
 */
import { createPrivateKey, randomBytes as cryptoRandomBytes } from "node:crypto";
import forge from "node-forge";
import { badCommonName, badValidity } from "./errors.js";
import { sortNames, WILDCARD } from "./names.js";

/** Apple's TLS refuses server certificates with a longer validity, even locally installed ones. */
const MAX_DAYS = 825;
/** Security of 112 bits, enough until 2030, and read by every TLS stack; more would only make each handshake slower. */
const RSA_BITS = 2048;
/** A client's clock may be this far behind ours. */
const CLOCK_SKEW_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface IssueOptions {
  readonly commonName: string;
  /** DNS names and IP addresses. @default ["*"] */
  readonly names?: readonly string[];
  /** Whole days from `notBefore` to `notAfter`. @default 825 */
  readonly days?: number;
  /** @default the current time */
  readonly now?: Date;
  /** Source of the serial number. @default node:crypto */
  readonly randomBytes?: (size: number) => Buffer;
  /** An RSA private key in PEM to certify. @default - a new RSA-2048 key */
  readonly key?: string;
}

export interface IssuedCertificate {
  /** One CERTIFICATE block. */
  readonly cert: string;
  /** The one given, or a new one in PKCS#1: "BEGIN RSA PRIVATE KEY". */
  readonly key: string;
}

export async function issueCertificate(options: IssueOptions): Promise<IssuedCertificate> {
  const { commonName, days = MAX_DAYS, now = new Date(), randomBytes = cryptoRandomBytes } = options;
  // 64 is X.520's upper bound of a common name; OpenSSL refuses longer ones.
  if (!/^[^\p{Cc}]{1,64}$/u.test(commonName)) throw badCommonName(commonName);
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) throw badValidity(days);
  const names = options.names ?? [];
  const { dns, ip } = sortNames(names.length === 0 ? [WILDCARD] : names);
  const key = options.key ?? (await generateKey());
  const { privateKey, publicKey } = readRsa(key);

  const cert = forge.pki.createCertificate();
  cert.publicKey = publicKey;
  cert.serialNumber = serialNumber(randomBytes).toString("hex");
  // X.509 counts whole seconds.
  const notBefore = Math.floor((now.getTime() - CLOCK_SKEW_MS) / 1000) * 1000;
  cert.validity.notBefore = new Date(notBefore);
  cert.validity.notAfter = new Date(notBefore + days * DAY_MS);
  const subject = [{ name: "commonName", value: commonName, valueTagClass: UTF8_STRING }];
  cert.setSubject(subject);
  cert.setIssuer(subject);
  cert.setExtensions([
    ...IDENTITY,
    {
      name: "subjectAltName",
      altNames: [...dns.map((value) => ({ type: 2, value })), ...ip.map((address) => ({ type: 7, ip: address }))],
    },
  ]);
  cert.sign(privateKey, forge.md.sha256.create());
  return { cert: pem(forge.pki.certificateToPem(cert)), key };
}

/**
 * What the certificate may be used for. Chosen so that each of these takes it as its own anchor:
 *
 * - CA:FALSE, critical. With CA:TRUE, rustls and Firefox refuse it as a server's certificate
 *   (`CaUsedAsEndEntity`), and its key could sign for any name in the eyes of those who trust it.
 *   Java, Go and GnuTLS accept a certificate that *is* an entry of the trust store as such, CA or
 *   not: Go's `Verify` makes the chain `{leaf}` when `Roots.contains(leaf)`, and asks for `IsCA` only
 *   of certificates above a leaf; `*` is a pattern its parser takes.
 * - No key usage. OpenSSL 1.0.2 and early 1.1.1 take a certificate as self-signed only if its key usage
 *   allows keyCertSign (else `UNABLE_TO_VERIFY_LEAF_SIGNATURE`; Node 12.22 even ran out of memory),
 *   which `-x509_strict` and Python's VERIFY_X509_STRICT forbid without CA:TRUE. Without the extension
 *   all of them are content, and the extended key usage confines it.
 * - Extended key usage: TLS server. Apple asks for it.
 * - Subject and authority key identifier, equal: strict OpenSSL wants the second of every certificate
 *   that is not self-signed, and some build chains by it.
 */
const IDENTITY = [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "extKeyUsage", serverAuth: true },
  { name: "subjectKeyIdentifier" },
  { name: "authorityKeyIdentifier", keyIdentifier: true },
];

/** RFC 5280 asks for UTF8String; forge's default, PrintableString, has no "_", "@" or "*". */
const UTF8_STRING = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class;

/**
 * 16 random bytes as a positive DER integer: the first bit clear, the first byte not zero, or DER
 * would want it left out. (forge's own default serial number is "00" for everybody.)
 */
function serialNumber(randomBytes: (size: number) => Buffer): Buffer {
  const serial = Buffer.from(randomBytes(16));
  serial[0] = (serial[0] ?? 0) & 0x7f || 1;
  return serial;
}

/**
 * A new RSA-2048 private key, PKCS#1. Through forge's asynchronous form, which hands the work to the
 * platform's OpenSSL (0.1 s, off this thread); forge's own arithmetic blocks for seconds at worst.
 */
export function generateKey(): Promise<string> {
  return new Promise((resolve, reject) => {
    forge.pki.rsa.generateKeyPair({ bits: RSA_BITS, e: 0x10001 }, (error, pair) => {
      if (error) reject(error);
      else resolve(pem(forge.pki.privateKeyToPem(pair.privateKey)));
    });
  });
}

function readRsa(key: string): forge.pki.rsa.KeyPair {
  const pkcs1 = createPrivateKey(key).export({ type: "pkcs1", format: "pem" }).toString();
  const privateKey = forge.pki.privateKeyFromPem(pkcs1);
  return { privateKey, publicKey: forge.pki.setRsaPublicKey(privateKey.n, privateKey.e) };
}

/** forge writes CRLF. */
function pem(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
