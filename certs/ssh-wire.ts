/**
 * OpenSSH's binary formats for RSA and ed25519 key pairs (RFC 4253 section 6.6, RFC 8709, openssh's PROTOCOL.key).
 * Pure.
 *
 * ed25519 keys are written as "openssh-key-v1", since neither OpenSSH before 9.6 nor ssh2 reads them as PKCS#8.
 */
import { createHash, type JsonWebKey, type KeyObject } from "node:crypto";

const MAGIC = Buffer.from("openssh-key-v1\0");

/** The public key in SSH's wire format. */
export function publicBlob(publicKey: KeyObject): Buffer | undefined {
  const jwk = publicKey.export({ format: "jwk" });
  if (jwk.kty === "RSA") return Buffer.concat([string("ssh-rsa"), mpint(part(jwk, "e")), mpint(part(jwk, "n"))]);
  if (jwk.crv === "Ed25519") return Buffer.concat([string("ssh-ed25519"), string(part(jwk, "x"))]);
  return undefined;
}

/**
 * An unencrypted openssh-key-v1 file. `check` is any 4 bytes; a reader compares its two copies to see whether
 * decryption worked.
 */
export function encodeEd25519(privateKey: KeyObject, comment: string, check: Buffer): string {
  const jwk = privateKey.export({ format: "jwk" });
  const [seed, point] = [part(jwk, "d"), part(jwk, "x")];
  const blob = Buffer.concat([string("ssh-ed25519"), string(point)]);
  const secret = Buffer.concat([check, check, blob, string(Buffer.concat([seed, point])), string(comment)]);
  // The block size of cipher "none" is 8; the padding is 1, 2, 3, …
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const file = Buffer.concat([
    MAGIC,
    string("none"),
    string("none"),
    string(""),
    uint32(1),
    string(blob),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** The public key that an openssh-key-v1 file carries in clear text, and whether the private key is encrypted. */
export function readOpensshKey(text: string): { blob: Buffer; encrypted: boolean } | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  )?.[1];
  if (body === undefined) return undefined;
  const data = Buffer.from(body, "base64");
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const reader = new Reader(data.subarray(MAGIC.length));
  const cipher = reader.string();
  reader.string();
  reader.string();
  const count = reader.uint32();
  const blob = reader.string();
  if (cipher === undefined || blob === undefined || count !== 1) return undefined;
  return { blob, encrypted: cipher.toString() !== "none" };
}

/** The name at the start of a public key: `ssh-rsa`, `ssh-ed25519` … */
export function blobType(blob: Buffer): string | undefined {
  return new Reader(blob).string()?.toString("latin1");
}

/** As `ssh-keygen -l` prints it: `SHA256:…`. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

class Reader {
  #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  uint32(): number | undefined {
    if (this.#data.length < 4) return undefined;
    const value = this.#data.readUInt32BE(0);
    this.#data = this.#data.subarray(4);
    return value;
  }

  string(): Buffer | undefined {
    const length = this.uint32();
    if (length === undefined || length > this.#data.length) return undefined;
    const value = this.#data.subarray(0, length);
    this.#data = this.#data.subarray(length);
    return value;
  }
}

function part(jwk: JsonWebKey, name: "n" | "e" | "d" | "x"): Buffer {
  return Buffer.from(jwk[name] ?? "", "base64url");
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** An unsigned number (mpint): a zero byte is put before a first bit that would be read as the sign. */
function mpint(bytes: Buffer): Buffer {
  return string(((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}
