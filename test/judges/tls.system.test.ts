/** testssl.sh and sslscan on the daemons, ssh-audit on the sshd of a local host: nothing is found that has no reason here. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSshd } from "../../local/machine/sshd.js";
import { run } from "../support/run.js";
import { SUBJECTS, type Subject } from "./http/subjects.js";

/** Findings of testssl.sh with a reason. */
const SELF_SIGNED: Readonly<Record<string, string>> = {
  cert_trust: "a certificate for every name is pinned, not matched with a name",
  cert_chain_of_trust: "it is self-signed, and pinned",
  cert_revocation: "it is replaced by another pin, not revoked",
};

/** OpenSSH offers these to clients of before 2014; the kit's own clients choose none of them. */
const OLD_CLIENTS =
  /^(ecdh-sha2-nistp(256|384|521)|ecdsa-sha2-nistp256|umac-(64|128)(-etm)?@openssh\.com|hmac-sha1(-etm@openssh\.com)?|hmac-sha2-(256|512))$/;
/** Newer than this ssh-audit. */
const UNKNOWN_TO_IT = /^(sntrup761x25519-sha512(@openssh\.com)?|mlkem768x25519-sha256|kex-strict-s-v00@openssh\.com)$/;

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

const dir = mkdtempSync(join(tmpdir(), "sallyport-scans-"));
let subjects: readonly Subject[];
beforeAll(async () => {
  subjects = await Promise.all(Object.values(SUBJECTS).map((start) => start()));
});
afterAll(async () => {
  await Promise.all((subjects ?? []).map((subject) => subject.stop()));
  rmSync(dir, { recursive: true, force: true });
});
const portOf = (name: Subject["name"]) => subjects.find((subject) => subject.name === name)?.port;

/** WARN is what could not be looked at on this machine. */
const BAD: ReadonlySet<string> = new Set(["LOW", "MEDIUM", "HIGH", "CRITICAL"]);
const QUICK = ["--protocols"];
/** All three share their TLS; one is looked at in full. */
test.concurrent.each([
  [
    "agent",
    [...QUICK, "--std", "--server-defaults", "--vulnerable"],
    ["cipherlist_STRONG", "cert_signatureAlgorithm", "RC4"],
  ],
  ["gateway", QUICK, []],
  ["mirror", QUICK, []],
] as const)("testssl.sh: the %s", async (name, checks, last) => {
  const file = join(dir, `${name}.json`);
  const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--assume-http"];
  const args = [...quiet, ...checks, "--jsonfile", file, `127.0.0.1:${portOf(name)}`];
  await run("testssl", args, { timeoutMs: 900_000 });
  const findings = JSON.parse(readFileSync(file, "utf8")) as Finding[];
  // It came to an end.
  expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining(["TLS1_3", ...last]));
  expect(findings.filter(({ id, severity }) => BAD.has(severity) && SELF_SIGNED[id] === undefined)).toEqual([]);
});

test.concurrent.each(["agent", "gateway", "mirror"] as const)("sslscan: the %s", async (name) => {
  const { stdout } = await run("sslscan", ["--no-colour", `127.0.0.1:${portOf(name)}`]);
  const versions = [...stdout.matchAll(/^((?:SSL|TLS)v[\d.]+) +enabled/gm)].map(([, version]) => version);
  expect(versions).toEqual(["TLSv1.2", "TLSv1.3"]);
  const suites = [...stdout.matchAll(/^(?:Preferred|Accepted) +(TLSv[\d.]+) +(\d+) bits +(\S+)/gm)];
  expect(suites.length).toBeGreaterThan(3);
  for (const [line, version, bits, suite] of suites) {
    expect([line, Number(bits) >= 128]).toEqual([line, true]);
    if (version === "TLSv1.2") expect(suite).toMatch(/^ECDHE-ECDSA-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)$/);
  }
  expect(stdout).toMatch(/Session renegotiation not supported/);
  expect(stdout.match(/\S+ vulnerable to heartbleed/g)).toEqual(Array(2).fill("not vulnerable to heartbleed"));
});

test.concurrent("ssh-audit: the sshd of a local host", async () => {
  const port = await freePort();
  const sshd = await startSshd({ dir, address: "127.0.0.1", port, key: "ssh-ed25519 AAAA" });
  try {
    const scan = async () => (await run("ssh-audit", ["-n", "-l", "warn", "-p", String(port), "127.0.0.1"])).stdout;
    let said = "";
    await expect
      .poll(async () => {
        said = await scan();
        return said;
      })
      .toContain("(kex)");
    const found = [...said.matchAll(/^\((?:kex|key|enc|mac)\) (\S+) .*\[(?:fail|warn)\]/gm)].map(
      ([, name = ""]) => name,
    );
    expect(found.filter((name) => !OLD_CLIENTS.test(name) && !UNKNOWN_TO_IT.test(name))).toEqual([]);
  } finally {
    sshd?.child.kill();
  }
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
