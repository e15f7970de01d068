import { describe, expect, it } from "vitest";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { type Trust, trustIn } from "../../../client/tls/trust.js";
import { openVerified } from "../../../client/tls/verified-socket.js";
import { issuedByCa, pinned } from "../support/certificates.js";
import { tlsPeer } from "../support/peers.js";
import { temporaryDir } from "../support/temporary.js";

describe("certificates that a CA issued (A-31, 1)", () => {
  it("without their root in the file are verified by the public CAs, as usual", async () => {
    const { leaf } = await issuedByCa(await temporaryDir(), "DNS:accelerator.example");
    expect(trustIn("host.crt", leaf.cert, new Date()).trust).toEqual({ kind: "public" });
  });

  it("with their root in the file are verified by that root, and by their name", async () => {
    const { root, leaf } = await issuedByCa(await temporaryDir(), "DNS:localhost");
    const { trust } = trustIn("host.crt", leaf.cert + root, new Date());
    expect(trust).toMatchObject({ kind: "pinned", checkHostName: true, facts: { dnsNames: ["localhost"] } });
    const peer = await tlsPeer(leaf);
    (await openVerified({ host: "localhost", port: peer.port, trust })).destroy();
    await expect(openVerified({ host: "127.0.0.1", port: peer.port, trust })).rejects.toMatchObject({
      code: "client/wrong-name",
    });
  });

  it("do not stand in for a pinned wildcard, though its key signed them: not a byte is sent", async () => {
    const { root, leaf } = await issuedByCa(await temporaryDir(), "DNS:*");
    const peer = await tlsPeer(leaf);
    const trust: Trust = { ...(pinned(root) as Trust & { kind: "pinned" }), checkHostName: false };
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust, token: "secret" });
    await expect(client.host()).rejects.toMatchObject({
      code: "client/foreign-certificate",
      message: expect.stringContaining("its SHA-256 fingerprint is"),
    });
    expect(peer.connections()).toBe(1);
    expect(peer.heard()).toBe("");
  });
});
