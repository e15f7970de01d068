/** Fernet tokens (https://github.com/fernet/spec): AES-128-CBC and HMAC-SHA256, as vLab's log sender makes them. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

const VERSION = 0x80;
const HEADER = 1 + 8 + 16;

/** @returns undefined unless it is 32 bytes in base64url. */
export function readFernetKey(text: string): FernetKey | undefined {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9_-]{43}=?$/.test(trimmed)) return undefined;
  const bytes = Buffer.from(trimmed, "base64url");
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

/** @param seconds since 1970. @param iv 16 bytes; given only by tests. */
export function fernetToken(
  key: FernetKey,
  data: string | Uint8Array,
  seconds = Math.floor(Date.now() / 1000),
  iv: Uint8Array = randomIv(),
): string {
  const header = Buffer.alloc(HEADER);
  header[0] = VERSION;
  header.writeBigUInt64BE(BigInt(seconds), 1);
  header.set(iv, 9);
  const cipher = createCipheriv("aes-128-cbc", key.encryption, iv);
  const body = [header, typeof data === "string" ? cipher.update(data, "utf8") : cipher.update(data), cipher.final()];
  const signed = Buffer.concat(body);
  const token = Buffer.concat([signed, createHmac("sha256", key.signing).update(signed).digest()]);
  return padded(token.toString("base64url"));
}

/** @returns undefined for a token that was made with another key, or changed since. */
export function openFernet(key: FernetKey, token: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < HEADER + 16 + 32 || bytes[0] !== VERSION || (bytes.length - HEADER - 32) % 16 !== 0)
    return undefined;
  const signed = bytes.subarray(0, -32);
  const mac = createHmac("sha256", key.signing).update(signed).digest();
  if (!timingSafeEqual(mac, bytes.subarray(-32))) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key.encryption, signed.subarray(9, HEADER));
  try {
    return Buffer.concat([decipher.update(signed.subarray(HEADER)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Python's reader requires the padding that base64url may omit. */
const padded = (text: string) => text + "=".repeat((4 - (text.length % 4)) % 4);

/** A request for 16 random bytes costs more than encrypting a record, and no less than one for 16 KiB. */
let pool = Buffer.alloc(0);
function randomIv(): Buffer {
  if (pool.length < 16) pool = randomBytes(16_384);
  const iv = pool.subarray(0, 16);
  pool = pool.subarray(16);
  return iv;
}
