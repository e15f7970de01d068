import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { daysLeft, inspectCertificate } from "../../certs/inspect.js";
import { generateKey, issueCertificate } from "../../certs/issue.js";
import { runOk } from "../support/run.js";
import { faultOf, temporaryDir } from "./support/directory.js";

/** Made by OpenSSL, so that the reader is not only tried on what the writer writes. */
async function made(...args: string[]): Promise<string> {
  const base = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -days 90".split(" ");
  return (await runOk("openssl", [...base, ...args])).stdout;
}

describe("inspectCertificate", () => {
  test.each([
    ["DNS:*", true, ["*"], []],
    ["DNS:*,DNS:*", false, ["*", "*"], []],
    ["DNS:*,IP:192.0.2.7", false, ["*"], ["192.0.2.7"]],
    ["DNS:*,email:a@b.example", false, ["*"], []],
    ["DNS:*,URI:https://h.example/", false, ["*"], []],
    ["DNS:*,otherName:1.2.3.4;UTF8:x", false, ["*"], []],
    ["DNS:*.example.com", false, ["*.example.com"], []],
    ["IP:2001:DB8::7,DNS:h.example", false, ["h.example"], ["2001:db8::7"]],
  ])("of the names %s, wildcard only is %s", async (names, isWildcardOnly, dnsNames, ipNames) => {
    const facts = inspectCertificate(await made("-subj", "/CN=x", "-addext", `subjectAltName=${names}`));
    expect(facts).toMatchObject({ isWildcardOnly, dnsNames, ipNames, selfSigned: true });
  });

  test("a name that is written to look like two is one name", async () => {
    const config = join(await temporaryDir(), "request.conf");
    await writeFile(
      config,
      "[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nsubjectAltName=@alt\n[alt]\nDNS.1=evil.example, DNS:*\nDNS.2=*\n",
    );
    const stdout = await made("-subj", "/CN=x", "-config", config);
    expect(inspectCertificate(stdout)).toMatchObject({ dnsNames: ["evil.example, DNS:*", "*"], isWildcardOnly: false });
  });

  test("a certificate without names is not a wildcard", async () => {
    expect(inspectCertificate(await made("-subj", "/CN=*"))).toMatchObject({
      commonName: "*",
      dnsNames: [],
      ipNames: [],
      isWildcardOnly: false,
    });
  });

  test("issued in its own name by another key is not self-signed", async () => {
    const [one, other] = await Promise.all([generateKey(), generateKey()]);
    const [a, b] = await Promise.all([one, other].map((key) => issueCertificate({ commonName: "same", key })));
    expect(inspectCertificate(a?.cert ?? "").selfSigned).toBe(true);
    const { cert } = await crossSigned(a, b);
    expect(inspectCertificate(cert).selfSigned).toBe(false);
  });

  test.each(["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "%j is refused",
    async (text) => {
      const inspecting = Promise.resolve().then(() => inspectCertificate(text, '"some.crt"'));
      expect(await faultOf(inspecting)).toMatch(
        /^certs\/not-a-certificate \(exit 1\)\n"some.crt" holds no certificate/,
      );
    },
  );

  test("days left are whole days", async () => {
    const facts = inspectCertificate(await made("-subj", "/CN=x"));
    expect(daysLeft(facts, new Date(facts.notAfter.getTime() - 1))).toBe(0);
    expect(daysLeft(facts, new Date(facts.notAfter.getTime() - 30 * 86_400_000))).toBe(30);
    expect(daysLeft(facts, new Date(facts.notAfter.getTime() + 1))).toBe(-1);
  });
});

/** Subject and issuer "same", the key of one signed by the other's. */
async function crossSigned(
  subject: { key: string } | undefined,
  issuer: { cert: string; key: string } | undefined,
): Promise<{ cert: string }> {
  const dir = await temporaryDir();
  await writeFile(`${dir}/subject.key`, subject?.key ?? "", { mode: 0o600 });
  await writeFile(`${dir}/issuer.key`, issuer?.key ?? "", { mode: 0o600 });
  await writeFile(`${dir}/issuer.crt`, issuer?.cert ?? "");
  const args = ["req", "-x509", "-new", "-key", `${dir}/subject.key`, "-subj", "/CN=same", "-days", "90"];
  const { stdout } = await runOk("openssl", [...args, "-CA", `${dir}/issuer.crt`, "-CAkey", `${dir}/issuer.key`]);
  return { cert: stdout };
}
