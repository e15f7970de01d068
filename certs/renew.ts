/** Makes way for a new pair: the old one is kept beside it under a name made of its fingerprint. */
import { rename } from "node:fs/promises";
import { renewForeign } from "./errors.js";
import { isTaken } from "./files.js";
import { fromFile } from "./inspect.js";
import { readCertificate } from "./store.js";

/**
 * Moves `crt` and `key` to `<path>.<first 8 digits of the fingerprint>.old`. The certificate goes
 * first: if this is cut short, what is left is a lone key, which the next run completes.
 *
 * @returns the new paths; none if there was no pair to move.
 */
export async function retireCertificate(crt: string, key: string): Promise<string[]> {
  if (!(await isTaken(crt))) return [];
  const { facts } = await readCertificate(crt);
  // A CA's certificate is renewed by its CA; a self-signed one in its place would be no renewal.
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
