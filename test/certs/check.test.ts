import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { checkCertificate, coverage } from "../../certs/check.js";
import { inspectCertificate } from "../../certs/inspect.js";
import { generateKey, issueCertificate } from "../../certs/issue.js";
import { temporaryDir } from "./support/directory.js";

const now = new Date("2026-01-01T00:00:00Z");
let pair: { cert: string; key: string };
beforeAll(async () => {
  pair = await issueCertificate({ commonName: "sallyport", now });
});

describe("checkCertificate", () => {
  test("says of a good pair what was checked", async () => {
    const findings = await check({ crt: pair.cert, key: pair.key });
    expect(findings).toMatchInlineSnapshot(`
      [
        "ok | certificate s.crt can be read and holds no private key",
        "ok | valid until 2028-04-04, 824 days",
        "ok | made out to *: speaks for any host, to those who trust exactly this certificate",
        "ok | private key s.key is readable for its owner only",
        "ok | the certificate was made for this private key",
      ]
    `);
  });

  test("names every problem, not the first only", async () => {
    const findings = await check(
      { crt: pair.cert, key: await generateKey() },
      { now: new Date("2099-01-01"), names: ["h.example"] },
    );
    expect(findings).toMatchInlineSnapshot(`
      [
        "ok | certificate s.crt can be read and holds no private key",
        "problem | certs/expired | the certificate in "s.crt" expired on 2028-04-04 | run "sallyport certs create --renew", deploy again and share the new certificate; one from a CA is renewed there",
        "problem | certs/names-not-covered | certificate "s.crt" is not made out to "h.example" | run "sallyport certs create --renew" for a certificate with these names, or take them out of ssl_cert_names",
        "ok | private key s.key is readable for its owner only",
        "problem | certs/mismatched | certificate "s.crt" was not made for private key "s.key" | put the two files of one pair there, or move both away to have a new pair made",
      ]
    `);
  });

  test("takes a certificate without a key for what a client has, not for a problem", async () => {
    expect((await check({ crt: pair.cert })).at(-1)).toMatchInlineSnapshot(
      `"note | there is no private key s.key: this machine can verify hosts, not deploy them"`,
    );
  });

  test("tells a key that is open to others", async () => {
    expect((await check({ crt: pair.cert, key: pair.key, mode: 0o644 })).at(-1)).toMatchInlineSnapshot(
      `"problem | certs/too-open | private key "s.key" is open to other users (mode 0644) | chmod 600 s.key; where that changes nothing, the file system keeps no permissions: mount it with umask=077"`,
    );
  });

  test("tells that nothing is there", async () => {
    expect(await check({})).toMatchInlineSnapshot(`
      [
        "problem | certs/missing | there is no certificate "s.crt" | run "sallyport certs create", or check ssl_cert_crt",
        "problem | certs/missing | there is no private key "s.key" | run "sallyport certs create", or check ssl_cert_key",
      ]
    `);
  });
});

test.each([
  [["*"], "made out to *: speaks for any host, to those who trust exactly this certificate"],
  [["*", "h.example", "::1"], "made out to h.example, ::1: host names are checked"],
  [["*.h.example"], "made out to *.h.example (a leading * stands for one level): host names are checked"],
])("a certificate for %j is %s", async (names, text) => {
  const { cert } = await issueCertificate({ commonName: "x", names, key: pair.key });
  expect(coverage(inspectCertificate(cert))).toBe(text);
});

async function check(
  files: { crt?: string; key?: string; mode?: number },
  options: { names?: string[]; now?: Date } = {},
): Promise<string[]> {
  const dir = await temporaryDir();
  const paths = { crt: join(dir, "s.crt"), key: join(dir, "s.key") };
  if (files.crt !== undefined) await writeFile(paths.crt, files.crt);
  if (files.key !== undefined) await writeFile(paths.key, files.key);
  if (files.key !== undefined) await chmod(paths.key, files.mode ?? 0o600);
  const findings = await checkCertificate({ ...paths, now, ...options });
  return findings.map(({ verdict, code, message, hint }) =>
    [verdict, code, message, hint]
      .filter((part) => part !== undefined)
      .join(" | ")
      .replaceAll(`${dir}/`, ""),
  );
}
