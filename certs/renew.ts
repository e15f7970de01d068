/** Moves an old pair out of the way of a new one: it stays beside it, under a name with its fingerprint. */
import { rename } from "node:fs/promises";
import { renewForeign } from "./errors.js";
import { isTaken } from "./files.js";
import { fromFile } from "./inspect.js";
import { readCertificate } from "./store.js";

/**
 * Moves `crt` and `key` to `<path>.<first 8 digits of the fingerprint>.old`. The certificate goes first: an
 * interruption leaves a lone key, which the next run completes.
 *
 * @returns the new paths; none if there was no pair to move.
 */
export async function retireCertificate(crt: string, key: string): Promise<string[]> {
  if (!(await isTaken(crt))) return [];
  const { facts } = await readCertificate(crt);
  // A CA's certificate is renewed by its CA. Replacing it by a self-signed one would not renew it.
  if (!facts.selfSigned) throw renewForeign(fromFile(crt), facts.issuer);
  const suffix = `.${facts.fingerprint256.replaceAll(":", "").slice(0, 8).toLowerCase()}.old`;
  const retired = [];
  for (const path of [crt, key]) {
    if (!(await isTaken(path))) continue;
    await rename(path, path + suffix);
    retired.push(path + suffix);
  }
  return retired;
}
