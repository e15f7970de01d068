import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { ensureKeyPair } from "../../../certs/key-pair.js";
import { type SshOptions, SshSession } from "../../../client/ssh/ssh-session.js";
import { tcpPeer } from "../support/peers.js";
import { type Sshd, startSshd } from "../support/sshd.js";

async function open(sshd: Sshd, over: Partial<SshOptions> = {}): Promise<SshSession> {
  const { port, username, privateKey, hostKeys } = sshd;
  const session = await SshSession.connect({ host: "127.0.0.1", port, username, privateKey, hostKeys, ...over });
  onTestFinished(() => session.close());
  return session;
}

describe.each(["rsa", "ed25519"] as const)("with a generated %s key, against OpenSSH", (keyType) => {
  it("runs commands: output, errors, status, signal, input", async () => {
    const session = await open(await startSshd({ keyType }));
    expect(await session.exec("echo out; echo err >&2; exit 7")).toEqual({
      code: 7,
      signal: undefined,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await session.exec("cat", { stdin: "what it reads" })).toMatchObject({ code: 0, stdout: "what it reads" });
    expect(await session.exec("kill -TERM $$")).toMatchObject({ code: undefined, signal: "SIGTERM" });
    const chunks: string[] = [];
    const { stdout } = await session.exec("echo streamed", { onStdout: (chunk) => chunks.push(chunk.toString()) });
    expect([chunks.join(""), stdout]).toEqual(["streamed\n", ""]);
  });

  it("moves files by SFTP", async () => {
    const sshd = await startSshd({ keyType });
    const session = await open(sshd);
    const at = (name: string) => join(sshd.dir, name);
    const data = randomBytes(500_000);
    await writeFile(at("local"), data);
    const sftp = await session.sftp();
    let told = 0;
    await sftp.put(at("local"), at("remote"), (done) => {
      told = done;
    });
    await sftp.get(at("remote"), at("back"));
    expect(told).toBe(data.length);
    expect((await readFile(at("back"))).equals(data)).toBe(true);
    await expect(sftp.get(at("none"), at("x"))).rejects.toMatchObject({ code: "client/ssh-failed" });
    sftp.close();
  });
});

describe("a forwarded port", () => {
  it("carries bytes both ways, and ends with the session", async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void echo.close());
    const session = await open(await startSshd());
    const forward = await session.forward({ remotePort: (echo.address() as AddressInfo).port });
    const socket = connect(forward.port, "127.0.0.1");
    socket.end("there and back");
    expect(await text(socket)).toBe("there and back");
    await forward.close();
    await expect(text(connect(forward.port, "127.0.0.1"))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("to where nothing listens closes the connection, and the session goes on", async () => {
    const session = await open(await startSshd());
    const forward = await session.forward({ remotePort: 1 });
    expect(await text(connect(forward.port, "127.0.0.1"))).toBe("");
    expect(await session.exec("true")).toMatchObject({ code: 0 });
  });
});

describe("the host key", () => {
  it.each(["ed25519", "rsa", "ecdsa"])("may be of type %s", async (type) => {
    const session = await open(await startSshd({ hostKeyTypes: [type] }));
    expect(await session.exec("true")).toMatchObject({ code: 0 });
  });

  it("is asked for by the type that is pinned, where the host has several", async () => {
    const sshd = await startSshd({ hostKeyTypes: ["ed25519", "rsa"] });
    for (const hostKey of sshd.hostKeys) {
      const session = await open(sshd, { hostKeys: [hostKey] });
      expect(await session.exec("true")).toMatchObject({ code: 0 });
    }
  });

  it("of a machine in between is refused before the user's key is shown", async () => {
    const [sshd, other] = [await startSshd(), await startSshd()];
    const attempt = open(sshd, { hostKeys: other.hostKeys });
    await expect(attempt).rejects.toMatchObject({ code: "client/host-key-unknown", exit: 4 });
    await expect(attempt).rejects.toThrow(
      new RegExp(`^"127.0.0.1:${sshd.port}" showed an SSH host key that is not the host's: SHA256:`),
    );
  });

  it("is never trusted on first use", async () => {
    await expect(open(await startSshd(), { hostKeys: [] })).rejects.toMatchObject({ code: "client/no-host-keys" });
  });
});

describe("a session that cannot be", () => {
  it("tells a user or key that the host does not accept", async () => {
    const sshd = await startSshd();
    const stranger = await ensureKeyPair({ name: "stranger", type: "ed25519", dir: sshd.dir });
    const privateKey = await readFile(stranger.privatePath);
    await expect(open(sshd, { privateKey })).rejects.toMatchObject({
      code: "client/ssh-denied",
      exit: 4,
      message: `"127.0.0.1:${sshd.port}" does not accept the key for the user "${sshd.username}"`,
    });
  });

  it("tells a server that is none", async () => {
    const peer = await tcpPeer("HTTP/1.1 400 Bad Request\r\n\r\n");
    const sshd = await startSshd();
    await expect(open(sshd, { port: peer.port })).rejects.toMatchObject({
      code: expect.stringMatching(/^client\/(ssh-failed|broken)$/),
    });
  });

  it("ends by its signal, also in the middle of a command", async () => {
    const session = await open(await startSshd());
    const controller = new AbortController();
    const running = session.exec("echo begun; exec sleep 60", {
      signal: controller.signal,
      onStdout: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "client/aborted", exit: 130 });
  });
});
