import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveTrust, trustIn } from "../../../client/tls/trust.js";
import { expired, named, wildcard } from "../support/certificates.js";
import { temporaryDir } from "../support/temporary.js";

const now = new Date();

async function fileOf(text: string): Promise<string> {
  const path = join(await temporaryDir(), "host.crt");
  await writeFile(path, text);
  return path;
}

describe("what a connection is verified against", () => {
  it("is the generic certificate where none is given and it is there (A-27)", async () => {
    const { cert } = await wildcard();
    const { trust, warnings } = await resolveTrust({ genericCrt: await fileOf(cert) });
    expect(trust).toMatchObject({ kind: "pinned", pem: cert });
    expect(warnings).toEqual([]);
  });

  it("is the given certificate, also where a generic one is there (A-27)", async () => {
    const [generic, given] = await Promise.all([wildcard(), wildcard()]);
    const options = { ssl_cert_crt: await fileOf(given.cert), genericCrt: await fileOf(generic.cert) };
    expect((await resolveTrust(options)).trust).toMatchObject({ kind: "pinned", pem: given.cert });
  });

  it("is the public CAs where there is no certificate at all (A-29)", async () => {
    expect((await resolveTrust({})).trust).toEqual({ kind: "public" });
    expect((await resolveTrust({ genericCrt: "/nowhere/sallyport.crt" })).trust).toEqual({ kind: "public" });
  });

  it("is nothing, with a warning, for false alone, also where a generic certificate is there (A-30)", async () => {
    const { cert } = await wildcard();
    const { trust, warnings } = await resolveTrust({ ssl_cert_crt: false, genericCrt: await fileOf(cert) });
    expect(trust).toEqual({ kind: "plain" });
    expect(warnings).toEqual([
      "TLS is off (ssl_cert_crt: false): whoever is on the way can read and change everything, the token included",
    ]);
  });

  it.each([
    { names: ["*"], checkHostName: false },
    { names: ["*", "accelerator.example"], checkHostName: true },
    { names: ["accelerator.example"], checkHostName: true },
    { names: ["192.0.2.7"], checkHostName: true },
    { names: ["*.example"], checkHostName: true },
    { names: ["*", "192.0.2.7"], checkHostName: true },
  ])("checks the host name unless the names are exactly * (A-28): $names", async ({ names, checkHostName }) => {
    const { cert } = await named(...names);
    expect(trustIn("host.crt", cert, now).trust).toMatchObject({ kind: "pinned", checkHostName });
  });

  it("warns of a certificate that is about to expire", async () => {
    const { cert } = await wildcard();
    const later = new Date(now.getTime() + 800 * 86_400_000);
    expect(trustIn("host.crt", cert, later).warnings).toEqual(['the certificate "host.crt" expires in 24 days']);
  });
});

describe("a certificate file that cannot be used is a fault, never a weaker connection", () => {
  it.each([undefined, "generic"])("an expired one (%s)", async (generic) => {
    const path = await fileOf((await expired()).cert);
    const attempt = resolveTrust(generic ? { genericCrt: path } : { ssl_cert_crt: path });
    await expect(attempt).rejects.toMatchObject({
      code: "client/certificate-expired",
      message: expect.stringMatching(/^the certificate ".*host.crt" expired on \d{4}-\d\d-\d\d$/),
    });
  });

  it("one that is not valid yet", async () => {
    const { cert } = await wildcard();
    const earlier = new Date(now.getTime() - 5 * 86_400_000);
    expect(() => trustIn("host.crt", cert, earlier)).toThrow('the certificate "host.crt" is valid only from');
  });

  it("one that is given and not there", async () => {
    await expect(resolveTrust({ ssl_cert_crt: "/nowhere/x.crt" })).rejects.toThrow(
      'cannot read the certificate "/nowhere/x.crt"',
    );
  });

  it("a directory in the place of the generic one", async () => {
    await expect(resolveTrust({ genericCrt: await temporaryDir() })).rejects.toMatchObject({
      code: "client/certificate-unreadable",
    });
  });

  it.each([
    ["an empty file", ""],
    ["text", "hello"],
    ["a broken block", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["a request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"],
  ])("%s", async (_, text) => {
    expect(() => trustIn("host.crt", text, now)).toThrow('"host.crt" is not a PEM certificate');
  });

  it("one with its private key in the same file", async () => {
    const { cert, key } = await wildcard();
    expect(() => trustIn("host.crt", cert + key, now)).toThrow('"host.crt" holds a private key');
    expect(() => trustIn("host.crt", key, now)).toThrow('"host.crt" holds a private key');
  });
});
