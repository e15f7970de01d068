import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmod, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import { describe, expect, test } from "vitest";
import { readIdentity } from "../../certs/identity.js";
import { ensureKeyPair, loadKeyPair } from "../../certs/key-pair.js";
import { run, runOk } from "../support/run.js";
import { faultOf, modeOf, temporaryDir } from "./support/directory.js";

describe.each([
  {
    type: "rsa",
    wire: "ssh-rsa",
    armour: "-----BEGIN RSA PRIVATE KEY-----",
    listing: /^2048 SHA256:\S+ team \(RSA\)$/,
  },
  {
    type: "ed25519",
    wire: "ssh-ed25519",
    armour: "-----BEGIN OPENSSH PRIVATE KEY-----",
    listing: /^256 SHA256:\S+ team \(ED25519\)$/,
  },
] as const)("a key pair of type $type", ({ type, wire, armour, listing }) => {
  test("is made with its final modes, in a directory made 0700, whatever the umask", async () => {
    const dir = join(await temporaryDir(), ".ssh");
    const umask = process.umask(0);
    const pair = await ensureKeyPair({ name: "team", type, dir }).finally(() => process.umask(umask));
    expect(pair).toMatchObject({ created: true, type, name: "team" });
    expect(await readdir(dir)).toEqual(["team.pem", "team.pub"]);
    expect([await modeOf(dir), await modeOf(pair.privatePath), await modeOf(pair.publicPath)]).toEqual([
      "0700",
      "0600",
      "0644",
    ]);
    expect(await readFile(pair.publicPath, "utf8")).toBe(`${pair.publicKey}\n`);
    expect(pair.publicKey).toMatch(new RegExp(`^${wire} [A-Za-z0-9+/]+=* team$`));
    expect(await readFile(pair.privatePath, "utf8")).toMatch(new RegExp(`^${armour}\n`));
  });

  test("is what OpenSSH's own ssh-keygen reads: same public key, same fingerprint", async (ctx) => {
    if ((await run("which", ["ssh-keygen"])).exitCode !== 0) return ctx.skip("ssh-keygen is not installed");
    const pair = await ensureKeyPair({ name: "team", type, dir: await temporaryDir() });
    const derived = (await runOk("ssh-keygen", ["-y", "-f", pair.privatePath])).stdout;
    expect(derived.split(" ").slice(0, 2)).toEqual(pair.publicKey.split(" ").slice(0, 2));
    for (const file of [pair.privatePath, pair.publicPath]) {
      const { stdout } = await runOk("ssh-keygen", ["-l", "-f", file]);
      expect(stdout).toContain(pair.fingerprint);
    }
    expect((await runOk("ssh-keygen", ["-l", "-f", pair.publicPath])).stdout).toMatch(listing);
  });

  test("is what ssh2 reads", async () => {
    const pair = await ensureKeyPair({ name: "team", type, dir: await temporaryDir() });
    const parsed = ssh2.utils.parseKey(await readFile(pair.privatePath));
    if (parsed instanceof Error || Array.isArray(parsed)) throw new Error(String(parsed));
    expect(parsed.isPrivateKey()).toBe(true);
    expect(parsed.getPublicSSH().toString("base64")).toBe(pair.publicKey.split(" ")[1]);
    expect(parsed.verify("text", parsed.sign("text"))).toBe(true);
  });

  test("is used as it is by the next call", async () => {
    const o = { name: "team", type, dir: await temporaryDir() };
    const { created, ...first } = await ensureKeyPair(o);
    const bytes = await readFile(first.privatePath);
    expect(await ensureKeyPair(o)).toEqual({ ...first, created: false });
    expect(await loadKeyPair(o)).toEqual(first);
    expect(await readFile(first.privatePath)).toEqual(bytes);
    expect(created).toBe(true);
  });

  test("that ssh-keygen made in OpenSSH's format is used", async (ctx) => {
    if ((await run("which", ["ssh-keygen"])).exitCode !== 0) return ctx.skip("ssh-keygen is not installed");
    const dir = await temporaryDir();
    await runOk("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "somebody@somewhere", "-f", join(dir, "own.pem")]);
    await unlink(join(dir, "own.pem.pub"));
    const pair = await ensureKeyPair({ name: "own", type, dir });
    expect(pair).toMatchObject({ created: false, type });
    expect((await runOk("ssh-keygen", ["-l", "-f", pair.privatePath])).stdout).toContain(pair.fingerprint);
  });

  test("gets its public file back if that was lost", async () => {
    const o = { name: "team", type, dir: await temporaryDir() };
    const { publicPath, publicKey } = await ensureKeyPair(o);
    await unlink(publicPath);
    await ensureKeyPair(o);
    expect(await readFile(publicPath, "utf8")).toBe(`${publicKey}\n`);
  });

  test("T-08: under a passphrase it is the same pair: an agent opens it", async () => {
    const dir = await temporaryDir();
    const { created: _, ...pair } = await ensureKeyPair({ name: "team", type, dir });
    await runOk("ssh-keygen", ["-p", "-q", "-N", "secret", "-f", pair.privatePath]);
    expect(await loadKeyPair({ name: "team", dir })).toEqual(pair);
    await unlink(pair.publicPath);
    expect(await ensureKeyPair({ name: "team", type, dir })).toEqual({ ...pair, created: false });
    expect(await readIdentity(pair.privatePath)).toEqual({ kind: "agent", blob: blobOf(pair.publicKey) });
    expect(await readIdentity(pair.publicPath)).toEqual({ kind: "agent", blob: blobOf(pair.publicKey) });
  });
});

const blobOf = (publicKey: string) => Buffer.from(publicKey.split(" ")[1] ?? "", "base64");

test.each(["pkcs1", "pkcs8"] as const)("T-08: %s under a passphrase needs the .pub beside it", async (format) => {
  const dir = await temporaryDir();
  const { created: _, ...pair } = await ensureKeyPair({ name: "team", type: "rsa", dir });
  const key = createPrivateKey(await readFile(pair.privatePath));
  expect(await readIdentity(pair.privatePath)).toMatchObject({ kind: "open" });
  await writeFile(
    pair.privatePath,
    key.export({ type: format, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }),
  );
  // OpenSSH compares the agent's keys with the public half, which this file does not tell.
  expect(await loadKeyPair({ name: "team", dir })).toEqual({ ...pair, identity: pair.publicPath });
  expect(await readIdentity(pair.privatePath)).toEqual({ kind: "agent", blob: blobOf(pair.publicKey) });
  await unlink(pair.publicPath);
  expect(await readIdentity(pair.privatePath)).toEqual({ kind: "agent", blob: undefined });
  expect(await faultOf(loadKeyPair({ name: "team", dir }), dir)).toMatchInlineSnapshot(`
    "certs/key-tells-nothing (exit 3)
    private key "team.pem" is under a passphrase, and its public half "team.pub" is missing
    write it: ssh-keygen -y -f team.pem > team.pub"
  `);
});

describe("ensureKeyPair", () => {
  test.each([
    "",
    ".",
    "..",
    "a/b",
    "../a",
    "a\\b",
    ".hidden",
    "-rf",
    "a b",
    "a\nb",
    "a\0b",
    "ä",
    "a".repeat(129),
    "x.pem",
    "x.pub",
  ])("refuses the name %j", async (name) => {
    const dir = await temporaryDir();
    expect(await faultOf(ensureKeyPair({ name, type: "rsa", dir }))).toMatch(/^certs\/bad-key-pair-name \(exit 2\)\n/);
    expect(await readdir(dir)).toEqual([]);
  });

  test("says what a name may be", async () => {
    const dir = await temporaryDir();
    expect(await faultOf(ensureKeyPair({ name: "a/b", type: "rsa", dir }))).toMatchInlineSnapshot(`
      "certs/bad-key-pair-name (exit 2)
      key pair name "a/b" cannot be a file name and a name at AWS
      write 1 to 128 letters, digits, dots, dashes and underscores, beginning with a letter or digit"
    `);
    expect(await faultOf(ensureKeyPair({ name: "team.pem", type: "rsa", dir }))).toMatchInlineSnapshot(`
      "certs/bad-key-pair-name (exit 2)
      key pair name "team.pem" is a file name
      write "team"; the files are team.pem and team.pub"
    `);
  });

  test("never makes a private key beside somebody's public one (A-12)", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, "team.pub"), "ssh-rsa AAAA team\n");
    const fault = await faultOf(ensureKeyPair({ name: "team", type: "rsa", dir }), dir);
    expect(fault).toMatchInlineSnapshot(`
      "certs/no-private-half (exit 3)
      there is a public key "team.pub" but no private key "team.pem"
      bring the private key from the machine that made the pair, or choose another key_pair"
    `);
    expect(await faultOf(loadKeyPair({ name: "team", dir }), dir)).toBe(fault);
    expect(await readdir(dir)).toEqual(["team.pub"]);
  });

  test("refuses halves of two pairs and overwrites neither (A-11)", async () => {
    const dir = await temporaryDir();
    const o = { name: "team", type: "ed25519", dir } as const;
    const { publicPath } = await ensureKeyPair(o);
    await writeFile(publicPath, "ssh-ed25519 AAAA other\n");
    expect(await faultOf(ensureKeyPair(o), dir)).toMatchInlineSnapshot(`
      "certs/halves-differ (exit 5)
      public key "team.pub" does not belong to private key "team.pem"
      move it away ("mv team.pub team.pub.old") and run again: it is made anew from the private key"
    `);
    expect(await readFile(publicPath, "utf8")).toBe("ssh-ed25519 AAAA other\n");
  });

  test("refuses a private key that others may read", async () => {
    const dir = await temporaryDir();
    const o = { name: "team", type: "ed25519", dir } as const;
    await chmod((await ensureKeyPair(o)).privatePath, 0o644);
    expect(await faultOf(ensureKeyPair(o), dir)).toMatchInlineSnapshot(`
      "certs/too-open (exit 1)
      private key "team.pem" is open to other users (mode 0644)
      chmod 600 team.pem; where that changes nothing, the file system keeps no permissions: mount it with umask=077"
    `);
  });

  test("takes the owner's 0400, as EC2's instructions set it (A-10)", async () => {
    const o = { name: "team", type: "ed25519", dir: await temporaryDir() } as const;
    await chmod((await ensureKeyPair(o)).privatePath, 0o400);
    expect(await ensureKeyPair(o)).toMatchObject({ created: false });
  });

  test("refuses to pass a key of another type for the one asked for", async () => {
    const dir = await temporaryDir();
    await ensureKeyPair({ name: "team", type: "ed25519", dir });
    expect(await faultOf(ensureKeyPair({ name: "team", type: "rsa", dir }), dir)).toMatchInlineSnapshot(`
      "certs/other-key-type (exit 5)
      private key "team.pem" is ed25519, and key_type is "rsa"
      write "key_type: ed25519", or choose another key_pair"
    `);
  });

  test("refuses garbage, and a type that EC2 does not import", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, "team.pem"), "garbage", { mode: 0o600 });
    expect(await faultOf(loadKeyPair({ name: "team", dir }), dir)).toMatchInlineSnapshot(`
      "certs/not-a-key (exit 1)
      private key "team.pem" holds no private key that can be read
      a private key in PEM form starts with a line such as "-----BEGIN PRIVATE KEY-----""
    `);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(join(dir, "team.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(await faultOf(loadKeyPair({ name: "team", dir }), dir)).toMatchInlineSnapshot(`
      "certs/key-type-unsupported (exit 1)
      private key "team.pem" is of type "ec", which EC2 does not import
      use an rsa or ed25519 key, or choose another key_pair to have one made"
    `);
  });

  test("of many calls at once one makes the pair, and all return it", async () => {
    const o = { name: "team", type: "rsa", dir: await temporaryDir() } as const;
    const all = await Promise.all(Array.from({ length: 6 }, () => ensureKeyPair(o)));
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });
});

test("loadKeyPair says how to get a pair where there is none", async () => {
  const dir = await temporaryDir();
  expect(await faultOf(loadKeyPair({ name: "team", dir }), dir)).toMatchInlineSnapshot(`
    "certs/missing (exit 3)
    there is no private key "team.pem"
    run "sallyport keys create", or check key_pair"
  `);
});
