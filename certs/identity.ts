/** What a file for `ssh -i` gives: an open private key, or the name of one that an SSH agent must have. */
import { readFile } from "node:fs/promises";
import { blobType, readOpensshKey } from "./ssh-wire.js";

export type Identity =
  | { readonly kind: "open"; readonly privateKey: Buffer }
  /** `blob` is the public key in SSH's wire format, where the file or a `.pub` beside it tells it. */
  | { readonly kind: "agent"; readonly blob: Buffer | undefined };

export async function readIdentity(path: string): Promise<Identity> {
  const bytes = await readFile(path);
  const text = bytes.toString("latin1");
  const written = publicKeyIn(text);
  if (written !== undefined) return { kind: "agent", blob: written };
  const openssh = readOpensshKey(text);
  if (openssh?.encrypted === true) return { kind: "agent", blob: openssh.blob };
  if (!isLockedPem(text)) return { kind: "open", privateKey: bytes };
  const beside = [path.replace(/(?:\.pem)?$/, ".pub"), `${path}.pub`];
  const texts = await Promise.all(beside.map((file) => readFile(file, "latin1").catch(() => "")));
  return { kind: "agent", blob: texts.map(publicKeyIn).find((blob) => blob !== undefined) };
}

/** Whether a key in PEM, of the older kinds, is under a passphrase: it then tells nothing of its public half. */
export const isLockedPem = (text: string) => /^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text);

function publicKeyIn(text: string): Buffer | undefined {
  const [, type, body = ""] = /^((?:ssh|ecdsa|sk)-\S+) ([A-Za-z0-9+/]+=*)/.exec(text) ?? [];
  const blob = Buffer.from(body, "base64");
  return type !== undefined && blobType(blob) === type ? blob : undefined;
}
