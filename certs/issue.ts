/**
 * Issues a self-signed server certificate that is its own trust anchor. A client that trusts exactly this certificate
 * trusts the holder of its key, and nothing else that the key may sign.
 */
import { createPrivateKey, randomBytes as cryptoRandomBytes } from "node:crypto";
import forge from "node-forge";
import { badCommonName, badValidity } from "./errors.js";
import { sortNames, WILDCARD } from "./names.js";

/** Apple's TLS refuses server certificates with a longer validity, even locally installed ones. */
const MAX_DAYS = 825;
/**
 * 112 bits of security, enough until 2030, and supported by every TLS stack. A longer key would only slow down
 * handshakes.
 */
const RSA_BITS = 2048;
/** Tolerance for clients whose clock is behind ours. */
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
  /** Source of randomness for the serial number. @default node:crypto */
  readonly randomBytes?: (size: number) => Buffer;
  /** An RSA private key in PEM to certify. @default - a new RSA-2048 key */
  readonly key?: string;
}

export interface IssuedCertificate {
  /** One CERTIFICATE block. */
  readonly cert: string;
  /** The given key, or a new one in PKCS#1: "BEGIN RSA PRIVATE KEY". */
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
  // X.509 times have a resolution of one second.
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
 * What the certificate may be used for. Each of these clients accepts it as its own trust anchor:
 *
 * - CA:FALSE, critical. With CA:TRUE, rustls and Firefox refuse it as a server's certificate (`CaUsedAsEndEntity`), and
 *   its key could sign for any name in the eyes of clients that trust it. Java, Go and GnuTLS accept a certificate that
 *   *is* an entry of the trust store, CA or not: Go's `Verify` makes the chain `{leaf}` when `Roots.contains(leaf)`, and
 *   requires `IsCA` only of certificates above a leaf. Go's parser accepts the pattern `*`.
 * - No key usage. OpenSSL 1.0.2 and early 1.1.1 recognise a certificate as self-signed only if its key usage allows
 *   keyCertSign (else `UNABLE_TO_VERIFY_LEAF_SIGNATURE`; Node 12.22 even ran out of memory), which `-x509_strict` and
 *   Python's VERIFY_X509_STRICT forbid without CA:TRUE. All of them accept a certificate without the extension, and the
 *   extended key usage restricts it.
 * - Extended key usage: TLS server. Apple requires it.
 * - Subject and authority key identifiers, equal. Strict OpenSSL requires the second in every certificate that is not
 *   self-signed, and some clients build chains by it.
 */
const IDENTITY = [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "extKeyUsage", serverAuth: true },
  { name: "subjectKeyIdentifier" },
  { name: "authorityKeyIdentifier", keyIdentifier: true },
];

/** RFC 5280 requires UTF8String. Forge's default, PrintableString, cannot represent "_", "@" or "*". */
const UTF8_STRING = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class;

/**
 * 16 random bytes as a positive DER integer: the first bit is clear, and the first byte is not zero, since DER omits a
 * leading zero byte. (Forge's own default serial number is "00" for every certificate.)
 */
function serialNumber(randomBytes: (size: number) => Buffer): Buffer {
  const serial = Buffer.from(randomBytes(16));
  serial[0] = (serial[0] ?? 0) & 0x7f || 1;
  return serial;
}

/**
 * A new RSA-2048 private key, PKCS#1. Forge's asynchronous form delegates to the platform's OpenSSL (0.1 s, off this
 * thread); its own arithmetic can block for seconds.
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

/** Forge writes CRLF line ends. */
function pem(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
