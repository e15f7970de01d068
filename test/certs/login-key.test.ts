import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureKeyPair } from "../../certs/key-pair.js";
import { findLoginKey, localPairName, loginIdentity, publicKeyFingerprint } from "../../certs/login-key.js";
import { faultText } from "../support/fault-text.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "login-key-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const at = (name: string) => join(dir, name);

test("a name is a pair here, made if it may be", async () => {
  await expect(findLoginKey("team", { dir })).rejects.toMatchObject({ code: "certs/missing", exit: 3 });
  const made = await findLoginKey("team", { dir, create: "ed25519" });
  expect(made).toMatchObject({ identity: at("team.pem"), isPrivate: true, created: true, ec2Name: undefined });
  expect(await findLoginKey("team", { dir })).toEqual({ ...made, created: false });
});

test("a pair of EC2's: without its private key it is known by name only, and logging in says so (A-12)", async () => {
  expect(await findLoginKey({ name: "theirs" }, { dir })).toMatchObject({
    ec2Name: "theirs",
    publicKey: undefined,
    identity: undefined,
  });
  expect(await faultText(loginIdentity({ name: "theirs" }, dir))).toContain(
    'no private key for key pair "theirs" found locally',
  );
  await writeFile(at("theirs.pem"), "key", { mode: 0o600 });
  expect(await loginIdentity({ name: "theirs" }, dir)).toBe(at("theirs.pem"));
  await writeFile(at("other"), "key", { mode: 0o600 });
  expect(await loginIdentity({ name: "theirs", private_key: at("other") }, dir)).toBe(at("other"));
});

test("a private key that was named must be there", async () => {
  await expect(loginIdentity({ name: "x", private_key: at("gone") }, dir)).rejects.toMatchObject({
    code: "certs/no-private-key-here",
    exit: 3,
  });
});

test("a name that is no file name is looked for nowhere", async () => {
  expect(await findLoginKey({ name: "../../etc/passwd" }, { dir })).toMatchObject({ identity: undefined });
});

test("one's own public key: the private one beside it, or the public one for an agent to complete", async () => {
  const pair = await ensureKeyPair({ name: "me", type: "ed25519", dir });
  await writeFile(at("id.pub"), `${pair.publicKey}\n`);
  const found = await findLoginKey({ public_key: at("id.pub") }, { dir });
  expect(found).toEqual({
    publicKey: pair.publicKey,
    ec2Name: undefined,
    identity: at("id.pub"),
    isPrivate: false,
    created: false,
  });
  expect(publicKeyFingerprint(pair.publicKey)).toBe(pair.fingerprint);
  await writeFile(at("id"), "private");
  expect(await findLoginKey({ public_key: at("id.pub") }, { dir })).toMatchObject({
    identity: at("id"),
    isPrivate: true,
  });
});

test.each([
  ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"],
  ["two keys", "ssh-ed25519 AAAA a\nssh-ed25519 AAAA b\n"],
  ["a type that EC2 does not take", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= a\n"],
  ["a word that is no key", "ssh-ed25519 hello\n"],
  ["nothing", ""],
])("%s is refused as a public key", async (_, text) => {
  await writeFile(at("x.pub"), text);
  await chmod(at("x.pub"), 0o600);
  await expect(findLoginKey({ public_key: at("x.pub") }, { dir })).rejects.toMatchObject({
    code: "certs/bad-public-key",
    exit: 2,
  });
});

test("keys create and show are for pairs by their names", async () => {
  expect(localPairName("team")).toBe("team");
  expect(await faultText(() => localPairName({ name: "theirs" }))).toMatchInlineSnapshot(`
    "key_pair is the key pair "theirs" of EC2, which is not made or kept by name here
      name a pair: sallyport keys create NAME (exit 2)"
  `);
  expect(await faultText(() => localPairName({ public_key: "/k.pub" }))).toMatchInlineSnapshot(`
    "key_pair is your own key "/k.pub", which is not made or kept by name here
      name a pair: sallyport keys create NAME (exit 2)"
  `);
});
