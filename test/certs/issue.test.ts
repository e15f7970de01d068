import { createHook } from "node:async_hooks";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inspectCertificate } from "../../certs/inspect.js";
import { generateKey, issueCertificate } from "../../certs/issue.js";
import { faultOf } from "./support/directory.js";

const now = new Date("2026-05-04T03:02:01.987Z");
const key = await generateKey();
const issue = (options: Partial<Parameters<typeof issueCertificate>[0]> = {}) =>
  issueCertificate({ commonName: "accelerator", now, key, ...options });

describe("issueCertificate", () => {
  test("without names it makes the wildcard of A-25, signed by its own new RSA-2048 key", async () => {
    const { cert, key: newKey } = await issueCertificate({ commonName: "accelerator", now });
    const { fingerprint256, serial, ...facts } = inspectCertificate(cert);
    expect(facts).toEqual({
      commonName: "accelerator",
      issuer: "accelerator",
      dnsNames: ["*"],
      ipNames: [],
      notBefore: new Date("2026-05-04T02:02:01Z"),
      notAfter: new Date("2028-08-06T02:02:01Z"),
      selfSigned: true,
      isWildcardOnly: true,
    });
    expect(fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(serial).toMatch(/^[0-9A-F]{32}$/);
    const details = new X509Certificate(cert).publicKey;
    expect(details.asymmetricKeyType).toBe("rsa");
    expect(details.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65537n });
    expect(newKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(newKey + cert).not.toContain("\r");
  });

  test("it is valid for 825 days and not a second longer", async () => {
    const { notBefore, notAfter } = inspectCertificate((await issue()).cert);
    expect(notAfter.getTime() - notBefore.getTime()).toBe(825 * 86_400_000);
  });

  test("a client whose clock is an hour behind takes it at once", async () => {
    const { notBefore } = inspectCertificate((await issue()).cert);
    expect(now.getTime() - notBefore.getTime()).toBeGreaterThanOrEqual(3_600_000);
  });

  test("it lists the names that were asked for and no others", async () => {
    const { cert } = await issue({ names: ["*", "localhost", "127.0.0.1", "::1", "LOCALHOST"] });
    expect(inspectCertificate(cert)).toMatchObject({
      dnsNames: ["*", "localhost"],
      ipNames: ["127.0.0.1", "::1"],
      isWildcardOnly: false,
    });
  });

  test.each([
    [0x00, "01"],
    [0x80, "01"],
    [0xff, "7F"],
    [0x7f, "7F"],
    [0x42, "42"],
  ])(
    "a serial number that starts with the random byte %i is positive and as short as DER wants it",
    async (byte, first) => {
      const { cert } = await issue({ randomBytes: (size) => Buffer.alloc(size, byte) });
      const { serial } = inspectCertificate(cert);
      expect(serial.slice(0, 2)).toBe(first);
      expect(serial).toHaveLength(32);
    },
  );

  test("two certificates for one key differ in their serial numbers", async () => {
    const [one, other] = await Promise.all([issue(), issue()]);
    expect(inspectCertificate(one.cert).serial).not.toBe(inspectCertificate(other.cert).serial);
  });

  test("with clock and randomness given, it is the same certificate byte for byte", async () => {
    const fixed = { randomBytes: (size: number) => Buffer.alloc(size, 7) };
    expect((await issue(fixed)).cert).toBe((await issue(fixed)).cert);
  });

  test("validity beyond 2049 is written as GeneralizedTime", async () => {
    const { cert } = await issue({ now: new Date("2049-12-01T00:00:00Z") });
    expect(inspectCertificate(cert).notAfter).toEqual(new Date("2052-03-04T23:00:00Z"));
  });

  test("any printable common name survives the trip", async () => {
    const { cert } = await issue({ commonName: "Büro_1 @*, CN=evil" });
    expect(inspectCertificate(cert).commonName).toBe("Büro_1 @*, CN=evil");
  });

  test("a key of PKCS#8 is taken as well", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { cert } = await issue({ key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() });
    expect(new X509Certificate(cert).checkPrivateKey(privateKey)).toBe(true);
  });

  test("what does not fit a certificate is refused with what fits", async () => {
    expect(await faultOf(issue({ commonName: "" }))).toMatchInlineSnapshot(`
      "certs/bad-common-name (exit 2)
      common name "" does not fit a certificate
      write 1 to 64 printable characters"
    `);
    expect(await faultOf(issue({ commonName: "a\nb" }))).toMatchInlineSnapshot(`
      "certs/bad-common-name (exit 2)
      common name "a\\nb" does not fit a certificate
      write 1 to 64 printable characters"
    `);
    expect(await faultOf(issue({ days: 826 }))).toMatchInlineSnapshot(`
      "certs/bad-validity (exit 2)
      a certificate cannot be valid for 826 days
      write a whole number from 1 to 825; Apple's TLS refuses more"
    `);
    expect(await faultOf(issue({ names: ["a b"] }))).toMatchInlineSnapshot(`
      "certs/bad-name (exit 2)
      certificate name "a b" is neither a DNS name nor an IP address
      write names such as "host.example.com", "*.example.com", "192.0.2.7" or "2001:db8::7"; non-ASCII names in their xn-- form"
    `);
  });

  test("key generation is a request to the platform's OpenSSL, not arithmetic in JavaScript", async () => {
    const requests = new Set<string>();
    const hook = createHook({ init: (_id, type) => requests.add(type) }).enable();
    await generateKey();
    hook.disable();
    expect([...requests]).toContain("KEYPAIRGENREQUEST");
  });
});
