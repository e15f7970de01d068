/**
 * The SSH key for logins: a pair named here, a pair that EC2 has, or the user's own public key. For the last two, the
 * private half may be elsewhere: in an SSH agent, on a token, or on another machine.
 */
import { join } from "node:path";
import { badPublicKey, noPrivateKeyHere, notALocalPair } from "./errors.js";
import { isTaken, readPublic } from "./files.js";
import { ensureKeyPair, type KeyType, loadKeyPair } from "./key-pair.js";
import { blobType, fingerprint } from "./ssh-wire.js";

/** `private_key` and `public_key` are paths. */
export type WrittenKey =
  | string
  | { readonly name: string; readonly private_key?: string }
  | { readonly public_key: string; readonly private_key?: string };

export interface LoginKey {
  /** One line in OpenSSH's format. Undefined: EC2 has the pair, under `ec2Name`. */
  readonly publicKey: string | undefined;
  readonly ec2Name: string | undefined;
  /** The file for `ssh -i`. Undefined if no file of the pair is known here. */
  readonly identity: string | undefined;
  /** Whether the private half is on this machine. Otherwise ssh asks its agent for it. */
  readonly isPrivate: boolean;
  readonly created: boolean;
}

/**
 * @param dir the directory of pairs that are given by name: `~/.ssh`.
 * @param create the type of the pair to create if none has that name.
 */
export async function findLoginKey(
  key: WrittenKey,
  { dir, create }: { readonly dir: string; readonly create?: KeyType },
): Promise<LoginKey> {
  if (typeof key === "string") {
    const pair =
      create === undefined
        ? { ...(await loadKeyPair({ name: key, dir })), created: false }
        : await ensureKeyPair({ name: key, type: create, dir });
    const { publicKey, identity, created } = pair;
    return { publicKey, ec2Name: undefined, identity, isPrivate: true, created };
  }
  if ("name" in key) {
    const identity = await privateHalf(key.private_key, besideName(key.name, dir));
    return { publicKey: undefined, ec2Name: key.name, identity, isPrivate: identity !== undefined, created: false };
  }
  const publicKey = await readPublicKey(key.public_key);
  const other = /\.pub$/.test(key.public_key) ? key.public_key.slice(0, -".pub".length) : undefined;
  const identity = await privateHalf(key.private_key, other);
  const found = { publicKey, ec2Name: undefined, created: false };
  return identity === undefined
    ? { ...found, identity: key.public_key, isPrivate: false }
    : { ...found, identity, isPrivate: true };
}

/** The file for `ssh -i`. @throws Fault (exit status 3) if no file of the pair is known here. */
export async function loginIdentity(key: WrittenKey, dir: string): Promise<string> {
  const { identity, ec2Name = "" } = await findLoginKey(key, { dir });
  if (identity === undefined) throw noPrivateKeyHere(ec2Name, join(dir, `${ec2Name}.pem`));
  return identity;
}

/** The name of a pair in `~/.ssh`. @throws Fault (exit status 2) for the other kinds. */
export function localPairName(key: WrittenKey): string {
  if (typeof key === "string") return key;
  throw notALocalPair("name" in key ? `the key pair "${key.name}" of EC2` : `your own key "${key.public_key}"`);
}

/** An explicitly named file must exist; a default one is optional. */
async function privateHalf(named: string | undefined, likely: string | undefined): Promise<string | undefined> {
  if (named !== undefined) {
    if (!(await isTaken(named))) throw noPrivateKeyHere(named, named);
    return named;
  }
  return likely !== undefined && (await isTaken(likely)) ? likely : undefined;
}

/** Key pair names in EC2 are free text. Only a name that is a plain file name is looked up. */
function besideName(name: string, dir: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,127}$/.test(name) ? join(dir, `${name}.pem`) : undefined;
}

async function readPublicKey(path: string): Promise<string> {
  const text = (await readPublic("public key", path, "check public_key of key_pair")).trim();
  const [type = "", body = "", ...comment] = text.split(/\s+/);
  const blob = Buffer.from(body, "base64");
  const isWhole = !text.includes("\n") && blob.toString("base64") === body && blobType(blob) === type;
  // The key types that EC2 imports.
  if (!isWhole || !["ssh-rsa", "ssh-ed25519"].includes(type)) throw badPublicKey(path);
  return [type, body, ...comment].join(" ");
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function publicKeyFingerprint(publicKey: string): string {
  return fingerprint(Buffer.from(publicKey.split(" ")[1] ?? "", "base64"));
}
