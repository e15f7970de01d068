import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { readCertificateText } from "../../certs/files.js";
import { inspectCertificate } from "../../certs/inspect.js";
import { issueCertificate } from "../../certs/issue.js";
import { type InstallOptions, installCertificate, shareCertificate } from "../../certs/share.js";
import { runOk } from "../support/run.js";
import { faultOf, modeOf, temporaryDir } from "./support/directory.js";

let ours: { cert: string; key: string };
let theirs: { cert: string; key: string };
beforeAll(async () => {
  [ours, theirs] = await Promise.all([
    issueCertificate({ commonName: "ours" }),
    issueCertificate({ commonName: "theirs" }),
  ]);
});

const install = (dir: string, text: string, options: Partial<InstallOptions> = {}) =>
  installCertificate({ text, from: '"shared.crt"', crt: join(dir, "s.crt"), key: join(dir, "s.key"), ...options });

async function share(text: string): Promise<ReturnType<typeof shareCertificate>> {
  const crt = join(await temporaryDir(), "s.crt");
  await writeFile(crt, text);
  return shareCertificate({ crt });
}

describe("shareCertificate", () => {
  test("gives a text that is itself a PEM file, with what the receiver runs", async () => {
    const { text, command, facts } = await share(ours.cert);
    const digits = facts.fingerprint256.replaceAll(":", "");
    expect(command).toBe(`sallyport certs install FILE --fingerprint ${digits}`);
    expect(
      text
        .replace(facts.fingerprint256, "FINGERPRINT")
        .replace(/\d{4}-\d\d-\d\d/, "DATE")
        .replace(ours.cert, "CERTIFICATE\n"),
    ).toMatchInlineSnapshot(`
      "# Sallyport: public certificate of the hosts of "ours", valid until DATE.
      # SHA-256 FINGERPRINT
      # Save this text as FILE, ask its sender for the fingerprint over another way (a call, in person), and run
      #   sallyport certs install FILE --fingerprint THAT_FINGERPRINT
      CERTIFICATE
      "
    `);
    expect(inspectCertificate(text)).toEqual(facts);
    expect((await runOk("openssl", ["x509", "-noout", "-subject"], { input: text })).stdout).toMatch(
      /^subject=CN ?= ?ours$/,
    );
  });

  test("carries nothing along that stood around the certificate", async () => {
    const secret = ours.key.split("\n").slice(1, -2).join("\n");
    const { text } = await share(`notes\n${secret}\n${ours.cert}\n${secret}`);
    for (const line of secret.split("\n")) expect(text).not.toContain(line);
    expect(text).not.toContain("notes");
  });

  test("refuses a file with a private key in it, whatever its armour", async () => {
    const armours = [
      ours.key,
      ours.key.replaceAll("RSA PRIVATE", "PRIVATE"),
      ours.key.replaceAll("RSA PRIVATE", "ENCRYPTED PRIVATE"),
      ours.key.replaceAll("RSA PRIVATE", "EC PRIVATE"),
      ours.key.replaceAll("RSA PRIVATE", "OPENSSH PRIVATE"),
      ours.key.slice(0, 200),
      ours.key.slice(-200),
      ours.key.toLowerCase(),
      "PuTTY-User-Key-File-3: ssh-rsa\n",
    ];
    for (const armour of armours) {
      expect(await faultOf(share(ours.cert + armour))).toMatch(/^certs\/private-key-inside/);
      expect(await faultOf(share(armour + ours.cert))).toMatch(/^certs\/private-key-inside/);
    }
  });

  test("refuses the key itself, named by mistake", async () => {
    expect(await faultOf(share(ours.key))).toMatch(/^certs\/private-key-inside/);
  });

  test("refuses an expired certificate: nobody could install it", async () => {
    const old = await issueCertificate({ commonName: "old", now: new Date("2020-01-01T00:00:00Z") });
    expect(await faultOf(share(old.cert))).toMatch(/^certs\/expired/);
  });
});

describe("installCertificate", () => {
  test("puts what was shared where clients look for it, mode 0644", async () => {
    const dir = join(await temporaryDir(), ".ssh");
    const { text, facts } = await share(theirs.cert);
    expect(await install(dir, text, { fingerprint: facts.fingerprint256 })).toEqual({
      crt: join(dir, "s.crt"),
      facts,
      changed: true,
    });
    expect(await readFile(join(dir, "s.crt"), "utf8")).toBe(theirs.cert);
    expect(await modeOf(join(dir, "s.crt"))).toBe("0644");
    expect(await install(dir, text)).toMatchObject({ changed: false });
  });

  test("takes a fingerprint as people write it", async () => {
    const dir = await temporaryDir();
    const { fingerprint256 } = inspectCertificate(theirs.cert);
    for (const fingerprint of [
      fingerprint256.toLowerCase(),
      fingerprint256.replaceAll(":", ""),
      `SHA256:${fingerprint256}`,
    ]) {
      await install(dir, theirs.cert, { fingerprint });
    }
  });

  test("replaces another certificate only when told to", async () => {
    const dir = await temporaryDir();
    await install(dir, ours.cert);
    const fault = await faultOf(install(dir, theirs.cert), dir);
    expect(fault.replace(/([0-9A-F]{2}:){31}[0-9A-F]{2}/, "FINGERPRINT")).toMatchInlineSnapshot(`
      "certs/already-installed (exit 5)
      "s.crt" already holds another certificate (FINGERPRINT)
      add "--replace" to trust the new one instead, or "--to FILE" to keep both"
    `);
    expect(await readFile(join(dir, "s.crt"), "utf8")).toBe(ours.cert);
    expect(await install(dir, theirs.cert, { replace: true })).toMatchObject({ changed: true });
    expect(await readFile(join(dir, "s.crt"), "utf8")).toBe(theirs.cert);
  });

  test("never replaces the certificate of a pair of one's own, even when told to", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, "s.key"), ours.key, { mode: 0o600 });
    await install(dir, ours.cert);
    expect(await faultOf(install(dir, theirs.cert, { replace: true }), dir)).toMatchInlineSnapshot(`
      "certs/own-pair (exit 5)
      "s.crt" belongs to your own private key "s.key"
      add "--to FILE" and name that file as ssl_cert_crt where you connect to the other hosts"
    `);
    expect(await readFile(join(dir, "s.crt"), "utf8")).toBe(ours.cert);
  });

  test("never replaces a file that holds a private key", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, "s.crt"), ours.key);
    expect(await faultOf(install(dir, theirs.cert, { replace: true }), dir)).toMatch(/^certs\/private-key-inside/);
    expect(await readFile(join(dir, "s.crt"), "utf8")).toBe(ours.key);
  });

  const refusals: [title: string, text: () => string | Promise<string>, options?: Partial<InstallOptions>][] = [
    ["a text with the private key", () => theirs.cert + theirs.key],
    ["no certificate", () => "hello"],
    ["two certificates", () => theirs.cert + ours.cert],
    ["a certificate that a CA issued", issuedByCa],
    ["a CA's root, which names no host", rootOfCa],
    ["a certificate with another fingerprint", () => theirs.cert, { fingerprint: "ab".repeat(32) }],
    ["half a fingerprint", () => theirs.cert, { fingerprint: "ab".repeat(16) }],
    ["an expired certificate", () => theirs.cert, { now: new Date("2099-01-01T00:00:00Z") }],
  ];
  test.each(refusals)("refuses %s and installs nothing", async (_title, text, options = {}) => {
    const dir = await temporaryDir();
    const fault = await faultOf(install(dir, await text(), options), dir);
    expect(
      fault.replace(/([0-9A-F]{2}:){31}[0-9A-F]{2}/, "FINGERPRINT").replace(/\d{4}-\d\d-\d\d/, "DATE"),
    ).toMatchSnapshot();
    await expect(readFile(join(dir, "s.crt"))).rejects.toThrow("ENOENT");
  });

  test("a stream is read like a file, and not without end", async () => {
    expect(await readCertificateText(Readable.from(["a", "b"]))).toEqual({ text: "ab", from: "the standard input" });
    const endless = Readable.from(
      (function* () {
        for (;;) yield "x".repeat(65_536);
      })(),
    );
    expect(await faultOf(readCertificateText(endless))).toMatchInlineSnapshot(`
      "certs/too-large (exit 1)
      what came from "the standard input" is larger than 1048576 bytes
      this is some other file; check the path"
    `);
  });
});

const EXTENSIONS = "basicConstraints=critical,CA:TRUE";

function rootOfCa(): Promise<string> {
  return selfSigned(["-subj", "/CN=Example Root", "-addext", EXTENSIONS]);
}

async function issuedByCa(): Promise<string> {
  const dir = await temporaryDir();
  const [rootCrt, rootKey] = [join(dir, "root.crt"), join(dir, "root.key")];
  await writeFile(rootCrt, await selfSigned(["-subj", "/CN=Example Root", "-addext", EXTENSIONS], rootKey));
  const request = ["-subj", "/CN=h.example", "-addext", "subjectAltName=DNS:h.example"];
  return selfSigned([...request, "-CA", rootCrt, "-CAkey", rootKey]);
}

async function selfSigned(args: string[], keyout = "/dev/null"): Promise<string> {
  const base = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 90".split(" ");
  return (await runOk("openssl", [...base, "-keyout", keyout, ...args])).stdout;
}
