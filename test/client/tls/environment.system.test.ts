import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiled } from "../../support/compiled.js";
import { runOk } from "../../support/run.js";
import { named } from "../support/certificates.js";
import { tlsPeer } from "../support/peers.js";
import { temporaryDir } from "../support/temporary.js";

const ask = compiled("test/client/tls/support/ask.ts");

/** Node's own client, to show that the switch works at all. */
const CONTROL = `
  require("node:https").get({ host: "localhost", port: process.argv[1] }, (r) => console.log(r.statusCode))
    .on("error", (e) => console.log(e.code));`;

describe("nothing in the environment weakens verification", () => {
  it.each([
    { switches: "NODE_TLS_REJECT_UNAUTHORIZED=0", env: () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }) },
    { switches: "NODE_EXTRA_CA_CERTS", env: (theirs: string) => ({ NODE_EXTRA_CA_CERTS: theirs }) },
    {
      switches: "--use-openssl-ca with SSL_CERT_FILE",
      env: (theirs: string) => ({ NODE_OPTIONS: "--use-openssl-ca", SSL_CERT_FILE: theirs }),
    },
  ])("$switches: Node alone connects to a foreign peer, the client does not", async ({ env }) => {
    const dir = await temporaryDir();
    const [ours, theirs] = await Promise.all([named("localhost"), named("localhost")]);
    const [ourFile, theirFile] = [join(dir, "ours.crt"), join(dir, "theirs.crt")];
    await Promise.all([writeFile(ourFile, ours.cert), writeFile(theirFile, theirs.cert)]);
    const peer = await tlsPeer(theirs);
    const options = { env: env(theirFile) };
    const node = async (...args: string[]) => (await runOk(process.execPath, args, options)).stdout;

    expect(await node("-e", CONTROL, String(peer.port))).toBe("200");
    const afterControl = peer.heard();
    for (const trusted of [ourFile, "public"]) {
      expect(await node(ask, String(peer.port), trusted)).toBe("client/foreign-certificate");
    }
    expect(peer.connections()).toBe(3);
    expect(peer.heard()).toBe(afterControl);
  });

  it("--tls-min-v1.0: a peer that speaks only TLS 1.1 is refused", async () => {
    const dir = await temporaryDir();
    const ours = await named("localhost");
    await writeFile(join(dir, "ours.crt"), ours.cert);
    const peer = await tlsPeer({ ...ours, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" });
    const env = { NODE_OPTIONS: "--tls-min-v1.0 --tls-cipher-list=DEFAULT:@SECLEVEL=0" };
    const args = [ask, String(peer.port), join(dir, "ours.crt")];
    expect((await runOk(process.execPath, args, { env })).stdout).toBe("client/not-tls");
    expect(peer.heard()).toBe("");
  });
});
