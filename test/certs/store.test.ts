import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { generateKey, issueCertificate } from "../../certs/issue.js";
import { retireCertificate } from "../../certs/renew.js";
import { ensureCertificate } from "../../certs/store.js";
import { run } from "../support/run.js";
import { faultOf, modeOf, temporaryDir } from "./support/directory.js";

let pair: { cert: string; key: string };
let otherKey: string;
beforeAll(async () => {
  pair = await issueCertificate({ commonName: "sallyport" });
  otherKey = await generateKey();
});

const at = (dir: string) => ({ crt: join(dir, "s.crt"), key: join(dir, "s.key") });
const days = (count: number): Date => new Date(Date.now() + count * 86_400_000);

async function place(dir: string, files: { crt?: string; key?: string }): Promise<ReturnType<typeof at>> {
  const paths = at(dir);
  if (files.crt !== undefined) await writeFile(paths.crt, files.crt, { mode: 0o644 });
  if (files.key !== undefined) await writeFile(paths.key, files.key, { mode: 0o600 });
  return paths;
}

describe("ensureCertificate", () => {
  test("makes a pair whose files have their final modes, in a directory made 0700, whatever the umask", async () => {
    const dir = join(await temporaryDir(), ".ssh");
    const umask = process.umask(0);
    try {
      const made = await ensureCertificate({ ...at(dir), generate: true, names: ["host.example.com", "192.0.2.7"] });
      expect(made).toMatchObject({
        created: true,
        facts: { dnsNames: ["*", "host.example.com"], ipNames: ["192.0.2.7"] },
      });
    } finally {
      process.umask(umask);
    }
    expect(await readdir(dir)).toEqual(["s.crt", "s.key"]);
    expect([await modeOf(dir), await modeOf(at(dir).crt), await modeOf(at(dir).key)]).toEqual(["0700", "0644", "0600"]);
  });

  test("uses an existing pair as it is, byte for byte, with or without generate", async () => {
    const paths = await place(await temporaryDir(), { crt: `my notes\n${pair.cert}`, key: pair.key });
    for (const generate of [true, false]) {
      expect(await ensureCertificate({ ...paths, generate })).toMatchObject({ created: false, pem: pair.cert });
    }
    expect(await readFile(paths.crt, "utf8")).toBe(`my notes\n${pair.cert}`);
    expect(await readFile(paths.key, "utf8")).toBe(pair.key);
  });

  test("makes the certificate of a key that was left alone, and keeps the key", async () => {
    const paths = await place(await temporaryDir(), { key: otherKey });
    expect(await ensureCertificate({ ...paths, generate: true })).toMatchObject({ created: true });
    expect(await readFile(paths.key, "utf8")).toBe(otherKey);
  });

  test("keeps to a chain whose first certificate is the server's", async () => {
    const ca = await issueCertificate({ commonName: "some CA" });
    const paths = await place(await temporaryDir(), { crt: pair.cert + ca.cert, key: pair.key });
    const stored = await ensureCertificate({ ...paths, generate: false });
    expect(stored).toMatchObject({ pem: pair.cert + ca.cert, facts: { commonName: "sallyport" } });
  });

  test("takes a pair of another kind that somebody brought", async () => {
    const dir = await temporaryDir();
    const { crt, key } = at(dir);
    const umask = process.umask(0o077);
    const made = await run("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 90 -subj /CN=ec -addext subjectAltName=DNS:h.example".split(
        " ",
      ),
      ...["-keyout", key, "-out", crt],
    ]);
    process.umask(umask);
    expect(made.exitCode, made.stderr).toBe(0);
    expect(await ensureCertificate({ crt, key, generate: false })).toMatchObject({
      facts: { dnsNames: ["h.example"] },
    });
  });

  const refusals: [title: string, arrange: (dir: string) => Promise<unknown>, generate?: boolean, names?: string[]][] =
    [
      ["nothing there, and nothing may be made", async () => {}, false],
      ["a certificate without its key (A-24), though one may be made", (dir) => place(dir, { crt: pair.cert }), true],
      ["a key without its certificate (A-24)", (dir) => place(dir, { key: pair.key }), false],
      ["a certificate of another key", (dir) => place(dir, { crt: pair.cert, key: otherKey })],
      ["garbage for a certificate", (dir) => place(dir, { crt: "garbage", key: pair.key })],
      [
        "a certificate block of garbage",
        (dir) => place(dir, { crt: pair.cert.replace(/MII.../, "AAAAAA"), key: pair.key }),
      ],
      ["garbage for a key", (dir) => place(dir, { crt: pair.cert, key: "garbage" })],
      ["a private key inside the .crt", (dir) => place(dir, { crt: pair.cert + pair.key, key: pair.key })],
      ["the two files swapped", (dir) => place(dir, { crt: pair.key, key: pair.cert })],
      [
        "a directory in place of the key",
        async (dir) => [await place(dir, { crt: pair.cert }), await mkdir(at(dir).key)],
      ],
      [
        "a link that leads nowhere in place of the certificate",
        async (dir) => [await place(dir, { key: pair.key }), await symlink("nowhere", at(dir).crt)],
      ],
      ["a key open to its group", async (dir) => [await place(dir, pairFiles()), await chmod(at(dir).key, 0o640)]],
      ["a key open to everybody", async (dir) => [await place(dir, pairFiles()), await chmod(at(dir).key, 0o604)]],
      ["names the certificate does not list", (dir) => place(dir, pairFiles()), true, ["h.example", "::1"]],
      ["an RSA key too short to make a certificate for", (dir) => place(dir, { key: rsa1024() })],
      ["an ed25519 key to make a certificate for", (dir) => place(dir, { key: ed25519() })],
      ["a key under a passphrase", (dir) => place(dir, { crt: pair.cert, key: encrypted() })],
    ];
  test.each(refusals)(
    "refuses %s, says what to do, and touches nothing",
    async (_title, arrange, generate = true, names = []) => {
      const dir = await temporaryDir();
      await arrange(dir);
      const before = await snapshot(dir);
      expect(await faultOf(ensureCertificate({ ...at(dir), generate, names }), dir)).toMatchSnapshot();
      expect(await snapshot(dir)).toEqual(before);
    },
  );

  test.each([
    ["expired", days(826)],
    ["about to expire in 29 days", new Date(Date.now() + 795.5 * 86_400_000)],
    ["not valid yet by this machine's clock", days(-1)],
  ])("refuses a certificate that is %s", async (_title, now) => {
    const dir = await temporaryDir();
    const paths = await place(dir, pairFiles());
    const fault = await faultOf(ensureCertificate({ ...paths, generate: true, now }), dir);
    expect(fault.replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/, "DATE")).toMatchSnapshot();
  });

  test("still takes a certificate with 30 days left", async () => {
    const paths = await place(await temporaryDir(), pairFiles());
    const now = new Date(Date.now() + 794.5 * 86_400_000);
    expect(await ensureCertificate({ ...paths, generate: false, now })).toMatchObject({ created: false });
  });

  test("a FIFO in place of the key is refused and not waited for", async () => {
    const dir = await temporaryDir();
    const paths = await place(dir, { crt: pair.cert });
    await run("mkfifo", ["-m", "600", paths.key]);
    expect(await faultOf(ensureCertificate({ ...paths, generate: true }), dir)).toMatchInlineSnapshot(`
      "certs/not-a-file (exit 1)
      private key "s.key" is not a regular file
      name a file, or move away what lies there"
    `);
  });

  test("a key that belongs to somebody else is refused as unreadable", async (ctx) => {
    if (process.getuid?.() !== 0 || process.seteuid === undefined) return ctx.skip("needs root to give a file away");
    const dir = await temporaryDir();
    await chmod(dir, 0o755);
    const paths = await place(dir, pairFiles());
    process.seteuid(65_534);
    try {
      expect(await faultOf(ensureCertificate({ ...paths, generate: true }), dir)).toMatchInlineSnapshot(`
        "certs/unreadable (exit 1)
        private key "s.key" cannot be read by this user
        look with "ls -l s.key"; the file must belong to you"
      `);
    } finally {
      process.seteuid(0);
    }
  });

  test("a place that cannot be written is named, with the system's reason", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, "file"), "");
    const paths = { crt: join(dir, "file/s.crt"), key: join(dir, "file/s.key") };
    expect(await faultOf(ensureCertificate({ ...paths, generate: true }), dir)).toMatchInlineSnapshot(`
      "certs/unwritable (exit 1)
      private key "file/s.key" cannot be written (EEXIST)
      check that its directory belongs to you and that the disk has room; nothing was left half-made"
    `);
    expect(await readdir(dir)).toEqual(["file"]);
  });

  test("of many calls at once one makes the pair, and all return it", async () => {
    const paths = at(await temporaryDir());
    const all = await Promise.all(Array.from({ length: 6 }, () => ensureCertificate({ ...paths, generate: true })));
    expect(new Set(all.map(({ facts }) => facts.fingerprint256)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  function pairFiles(): { crt: string; key: string } {
    return { crt: pair.cert, key: pair.key };
  }
});

describe("renewing", () => {
  test("keeps the old pair under the fingerprint's name and makes another", async () => {
    const dir = await temporaryDir();
    const paths = await place(dir, { crt: pair.cert, key: pair.key });
    const retired = await retireCertificate(paths.crt, paths.key);
    const made = await ensureCertificate({ ...paths, generate: true });
    expect(made.created).toBe(true);
    expect(await readFile(retired[0] ?? "", "utf8")).toBe(pair.cert);
    expect(await readFile(retired[1] ?? "", "utf8")).toBe(pair.key);
    expect(await readFile(paths.key, "utf8")).not.toBe(pair.key);
    expect(await modeOf(retired[1] ?? "")).toBe("0600");
  });

  test("cut short after its first step, it leaves a key that the next run completes", async () => {
    const paths = await place(await temporaryDir(), { crt: pair.cert, key: pair.key });
    await rename(paths.crt, `${paths.crt}.old`);
    expect(await ensureCertificate({ ...paths, generate: true })).toMatchObject({ created: true });
  });
});

function rsa1024(): string {
  return generateKeyPairSync("rsa", { modulusLength: 1024 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
}

function ed25519(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function encrypted(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
}

async function snapshot(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return Promise.all(
    names.sort().map(async (name) => `${name} ${await readFile(join(dir, name), "utf8").catch(String)}`),
  );
}
