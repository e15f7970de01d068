import { type AddressInfo, createServer } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Fault } from "../../../base/fault.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import type { Trust } from "../../../client/tls/trust.js";
import { openVerified } from "../../../client/tls/verified-socket.js";
import { expired, named, pinned, wildcard } from "../support/certificates.js";
import { httpsPeer, type Peer, silentPeer, tcpPeer, tlsPeer } from "../support/peers.js";

const TOKEN = "a-token-that-nobody-else-may-ever-see";

/** Asks for a file with a token, and sends one; both must fail the same way. */
async function faultOf(peer: Peer, trust: Trust, host = "127.0.0.1"): Promise<Fault> {
  const client = new AgentClient({ host, port: peer.port, trust, token: TOKEN, connectTimeout: 5_000 });
  const faults = await Promise.all(
    [client.host(), client.put("shared/x", Readable.from(["a body that nobody may see"]))].map((call) =>
      call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  client.close();
  const [first, second] = faults;
  if (!(first instanceof Fault) || !(second instanceof Fault)) throw new Error("a call went through");
  expect(second.code).toBe(first.code);
  return first;
}

describe("nothing is sent before the peer is verified", () => {
  it("to a peer with another certificate of the same names", async () => {
    const [ours, theirs] = await Promise.all([wildcard(), wildcard()]);
    const peer = await tlsPeer(theirs);
    expect((await faultOf(peer, pinned(ours.cert))).code).toBe("client/foreign-certificate");
    expect(peer.connections()).toBe(2);
    expect(peer.heard()).toBe("");
  });

  it("to a peer whose pinned certificate has expired since", async () => {
    const old = await expired();
    const peer = await tlsPeer(old);
    const fault = await faultOf(peer, pinned(old.cert));
    expect(fault.code).toBe("client/certificate-expired");
    expect(peer.heard()).toBe("");
  });

  it("to a peer that the named certificate does not name", async () => {
    const other = await named("accelerator.example");
    const peer = await tlsPeer(other);
    const fault = await faultOf(peer, pinned(other.cert));
    expect(fault.message).toBe(`the certificate of "127.0.0.1:${peer.port}" is for "DNS:accelerator.example"`);
    expect(peer.heard()).toBe("");
  });

  it("to a self-signed peer where public CAs are asked for", async () => {
    const peer = await tlsPeer(await named("localhost", "127.0.0.1"));
    expect((await faultOf(peer, { kind: "public" })).code).toBe("client/foreign-certificate");
    expect(peer.heard()).toBe("");
  });

  it("to a peer that answers in plain HTTP", async () => {
    const peer = await tcpPeer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    const { cert } = await wildcard();
    const fault = await faultOf(peer, pinned(cert));
    expect(fault.code).toBe("client/not-tls");
    expect(peer.heard()).not.toContain(TOKEN);
    expect(peer.heard()).not.toContain("/v1/");
    expect(peer.heard()).not.toContain("nobody may see");
  });

  it.each(["TLSv1", "TLSv1.1"] as const)("to a peer that speaks only %s", async (version) => {
    const ours = await wildcard();
    const peer = await tlsPeer({
      ...ours,
      minVersion: version,
      maxVersion: version,
      ciphers: "DEFAULT:@SECLEVEL=0",
    });
    expect((await faultOf(peer, pinned(ours.cert))).code).toBe("client/not-tls");
    expect(peer.heard()).toBe("");
  });

  it("to a peer without forward secrecy", async () => {
    const ours = await wildcard();
    const peer = await tlsPeer({ ...ours, maxVersion: "TLSv1.2", ciphers: "AES256-GCM-SHA384" });
    expect((await faultOf(peer, pinned(ours.cert))).code).toBe("client/not-tls");
    expect(peer.heard()).toBe("");
  });

  it("to a peer that accepts and stays silent", async () => {
    const peer = await silentPeer();
    const { cert } = await wildcard();
    const attempt = openVerified({ host: "127.0.0.1", port: peer.port, trust: pinned(cert), connectTimeout: 200 });
    await expect(attempt).rejects.toThrow(`"127.0.0.1:${peer.port}" did not answer within 0.2 s`);
    expect(peer.heard()).not.toContain(TOKEN);
  });
});

describe("a verified peer", () => {
  it("is one with the pinned wildcard certificate, under any address (A-28)", async () => {
    const ours = await wildcard();
    const peer = await tlsPeer(ours);
    for (const host of ["127.0.0.1", "localhost"]) {
      const socket = await openVerified({ host, port: peer.port, trust: pinned(ours.cert) });
      socket.destroy();
    }
  });

  it.each(["localhost", "127.0.0.1"])("is one whose pinned certificate names %s (A-28)", async (host) => {
    const ours = await named(host);
    const peer = await tlsPeer(ours);
    const socket = await openVerified({ host, port: peer.port, trust: pinned(ours.cert) });
    socket.destroy();
  });
});

describe("redirects are never followed", () => {
  it.each([
    ["http://127.0.0.1:1/steal", "client/redirect-to-plain"],
    ["https://elsewhere.example/steal", "client/redirect"],
    ["/v1/host?again", "client/redirect"],
  ])("to %s", async (location, code) => {
    const ours = await wildcard();
    const asked: string[] = [];
    const peer = await httpsPeer(ours, (request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(308, { Location: location }).end();
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert), token: TOKEN });
    await expect(client.host()).rejects.toMatchObject({
      code,
      message: `"127.0.0.1:${peer.port}" answered with a redirect (308) to "${location}"`,
    });
    expect(asked).toEqual(["/v1/host"]);
    client.close();
  });
});

describe("a connection that cannot be made is told in one line", () => {
  it("refused", async () => {
    const port = await portWithoutListener();
    await expect(openVerified({ host: "127.0.0.1", port, trust: { kind: "public" } })).rejects.toThrow(
      `"127.0.0.1:${port}" refused the connection`,
    );
  });

  it("a name that does not exist", async () => {
    await expect(openVerified({ host: "no-such-host.invalid", port: 443, trust: { kind: "public" } })).rejects.toThrow(
      'no address is known for "no-such-host.invalid"',
    );
  });

  it("given up by the caller", async () => {
    const peer = await silentPeer();
    const controller = new AbortController();
    const attempt = openVerified({
      host: "127.0.0.1",
      port: peer.port,
      trust: { kind: "public" },
      signal: controller.signal,
    });
    controller.abort();
    await expect(attempt).rejects.toMatchObject({ code: "client/aborted", exit: 130 });
  });
});

async function portWithoutListener(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
