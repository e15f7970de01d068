/**
 * SSH key pairs, `<dir>/<name>.pem` and `<name>.pub`. The private file comes first: of two concurrent processes, the
 * one that creates it wins. The public file is derived from it and can be recreated.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { Fault } from "../base/fault.js";
import {
  badKeyPairName,
  badPublicKey,
  fileMissing,
  halvesDiffer,
  keyPairNameIsFile,
  keyTellsNothing,
  keyTypeUnsupported,
  notAPrivateKey,
  otherKeyType,
  privateHalfMissing,
} from "./errors.js";
import { createNew, isTaken, readPrivate, readPublic } from "./files.js";
import { isLockedPem } from "./identity.js";
import { blobType, encodeEd25519, fingerprint, publicBlob, readOpensshKey } from "./ssh-wire.js";

export type KeyType = "rsa" | "ed25519";

export interface KeyPair {
  readonly name: string;
  readonly privatePath: string;
  readonly publicPath: string;
  /** One line in OpenSSH's format with the name as comment: what EC2 imports. */
  readonly publicKey: string;
  readonly type: KeyType;
  /** The file for `ssh -i`: the private one, or the public one where only that tells ssh which key of its agent to use. */
  readonly identity: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

// The size that EC2 itself creates. Its import accepts 1024, 2048 and 4096 bits, but not 3072.
const RSA_BITS = 2048;

// EC2 allows 255 ASCII characters. File names also need room for a suffix and a temporary name.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const HOW_TO_GET_ONE = 'run "sallyport keys create", or check key_pair';

const TYPES: Readonly<Record<string, KeyType>> = { "ssh-rsa": "rsa", "ssh-ed25519": "ed25519" };

/** The pair called `name` in `dir`, created if missing. */
export async function ensureKeyPair(o: {
  readonly name: string;
  readonly type: KeyType;
  readonly dir: string;
}): Promise<KeyPair & { readonly created: boolean }> {
  const { privatePath, publicPath } = paths(o);
  let created = false;
  if (!(await isPrivateHalfThere(privatePath, publicPath))) {
    // Mode 0600, not 0400 as in EC2's instructions: ssh accepts both, and ssh-keygen can still edit the file.
    created = await createNew("private key", privatePath, await generatePrivate(o.type, o.name), 0o600);
  }
  const pair = await loadPrivate(o);
  if (pair.type !== o.type) throw otherKeyType(privatePath, pair.type, o.type);
  if (!(await isTaken(publicPath))) await createNew("public key", publicPath, `${pair.publicKey}\n`, 0o644);
  await checkPublic(pair);
  return { ...pair, created };
}

/** As {@link ensureKeyPair}, but creates nothing. */
export async function loadKeyPair(o: { readonly name: string; readonly dir: string }): Promise<KeyPair> {
  const { privatePath, publicPath } = paths(o);
  if (!(await isPrivateHalfThere(privatePath, publicPath)))
    throw fileMissing("private key", privatePath, HOW_TO_GET_ONE);
  const pair = await loadPrivate(o);
  if (await isTaken(publicPath)) await checkPublic(pair);
  return pair;
}

/**
 * Refuses a lone public key: a new private key beside it would look like its other half. The public file is checked
 * first, because a concurrent process that creates a pair writes the private file first.
 */
async function isPrivateHalfThere(privatePath: string, publicPath: string): Promise<boolean> {
  const publicThere = await isTaken(publicPath);
  if (await isTaken(privatePath)) return true;
  if (publicThere) throw privateHalfMissing(publicPath, privatePath);
  return false;
}

async function loadPrivate(o: { readonly name: string; readonly dir: string }): Promise<KeyPair> {
  const { privatePath, publicPath } = paths(o);
  const text = await readPrivate("private key", privatePath, HOW_TO_GET_ONE);
  const locked = isLockedPem(text);
  if (locked && !(await isTaken(publicPath))) throw keyTellsNothing(privatePath, publicPath);
  const blob = locked
    ? publicKeyBlob(await readPublic("public key", publicPath, HOW_TO_GET_ONE), publicPath)
    : publicHalf(text, privatePath);
  const wireType = blobType(blob) ?? "";
  const type = TYPES[wireType];
  if (type === undefined) throw keyTypeUnsupported(privatePath, wireType);
  return {
    name: o.name,
    privatePath,
    publicPath,
    publicKey: `${wireType} ${blob.toString("base64")} ${o.name}`,
    type,
    identity: locked ? publicPath : privatePath,
    fingerprint: fingerprint(blob),
  };
}

/** OpenSSH's own format has the public half in the clear, also under a passphrase. */
function publicHalf(text: string, path: string): Buffer {
  const openssh = readOpensshKey(text);
  if (openssh !== undefined) return openssh.blob;
  try {
    const key = createPublicKey(createPrivateKey(text));
    const blob = publicBlob(key);
    if (blob === undefined) throw keyTypeUnsupported(path, key.asymmetricKeyType ?? "unknown");
    return blob;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw notAPrivateKey("private key", path, error);
  }
}

function publicKeyBlob(text: string, path: string): Buffer {
  const [type = "", body = ""] = text.trim().split(/\s+/);
  const blob = Buffer.from(body, "base64");
  if (blobType(blob) !== type) throw badPublicKey(path);
  return blob;
}

async function checkPublic(pair: KeyPair): Promise<void> {
  const text = await readPublic("public key", pair.publicPath, HOW_TO_GET_ONE);
  const halves = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");
  if (halves(text) !== halves(pair.publicKey)) throw halvesDiffer(pair.privatePath, pair.publicPath);
}

async function generatePrivate(type: KeyType, comment: string): Promise<string> {
  if (type === "ed25519") {
    const { privateKey } = await promisify(generateKeyPair)("ed25519");
    return encodeEd25519(privateKey, comment, randomBytes(4));
  }
  // PKCS#1, as EC2 itself issues: every ssh client reads it.
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS, publicExponent: 0x10001 });
  return privateKey.export({ type: "pkcs1", format: "pem" }).toString();
}

function paths({ name, dir }: { readonly name: string; readonly dir: string }): {
  privatePath: string;
  publicPath: string;
} {
  const stem = /^(.+)\.(?:pem|pub)$/.exec(name)?.[1];
  if (stem !== undefined && NAME.test(stem)) throw keyPairNameIsFile(name, stem);
  if (!NAME.test(name)) throw badKeyPairName(name);
  return { privatePath: join(dir, `${name}.pem`), publicPath: join(dir, `${name}.pub`) };
}
