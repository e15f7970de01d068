import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { defined } from "../../../base/defined.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { runAgent, TOKEN } from "../support/agent.js";
import { pinned } from "../support/certificates.js";
import { temporaryDir } from "../support/temporary.js";

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

function collector(): { sink: Writable; data: () => Buffer } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { sink, data: () => Buffer.concat(chunks) };
}

describe("with the real agent", () => {
  it("says how it is, who it is and what it serves", async () => {
    const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
    const { client, shared } = await runAgent({ hostKeys: [key] });
    expect(await client.health()).toEqual({ status: "ok" });
    const host = await client.host();
    expect(host).toMatchObject({
      name: "accelerator-1",
      directories: [{ name: "shared", path: shared, mode: "rw" }, {}],
    });
    expect(await client.directories()).toEqual(host.directories);
  });

  it.each([0, 1, 65_536, 3_000_001])("sends and fetches %d bytes, equal by SHA-256", async (size) => {
    const { client, dir, shared } = await runAgent();
    const data = randomBytes(size);
    await writeFile(join(dir, "local.bin"), data);
    const progress: (number | undefined)[] = [];

    const stored = await client.upload(join(dir, "local.bin"), "shared/deep/er/remote file.bin", {
      onProgress: (done, total) => progress.push(done, total),
    });
    expect(stored).toMatchObject({ created: true, size, sha256: sha256(data) });
    expect(progress.slice(-2)).toEqual(size === 0 ? [] : [size, size]);
    expect(sha256(await readFile(join(shared, "deep/er/remote file.bin")))).toBe(sha256(data));

    const got = await client.download("shared/deep/er/remote file.bin", join(dir, "back.bin"));
    expect(got).toEqual({ size, sha256: sha256(data) });
    expect(sha256(await readFile(join(dir, "back.bin")))).toBe(sha256(data));
    expect((await readdir(dir)).filter((name) => name.includes("sallyport-part"))).toEqual([]);

    const { sink, data: streamed } = collector();
    expect(await client.get("shared/deep/er/remote file.bin", sink)).toEqual({ size, sha256: sha256(data) });
    expect(sha256(streamed())).toBe(sha256(data));
    expect(sink.writableEnded).toBe(false);
  });

  it("sends a stream of unknown length, and replaces what was there", async () => {
    const { client, shared } = await runAgent();
    const send = () => client.put("shared/stream", Readable.from([Buffer.from("one "), "two ", Buffer.from("three")]));
    expect(await send()).toMatchObject({ created: true, size: 13 });
    expect(await send()).toMatchObject({ created: false, size: 13 });
    expect(await readFile(join(shared, "stream"), "utf8")).toBe("one two three");
  });

  it.each(["name with space", "ümläut", "100%", "a?b#c", "%2e%2e", "日本語", "semi;colon", "...", "-rf"])(
    "keeps the name %s",
    async (name) => {
      const { client, shared } = await runAgent();
      await client.put(`shared/${name}`, Readable.from(["x"]));
      expect(await readdir(shared)).toEqual([name]);
      expect(await client.list("shared")).toMatchObject([{ name, type: "file", size: 1 }]);
      await client.remove(`shared/${name}`);
      expect(await readdir(shared)).toEqual([]);
    },
  );

  it("replaces only the file it was told to, and creates only where there is none", async () => {
    const { client } = await runAgent();
    const first = await client.put("shared/x", Readable.from(["1"]), { ifMatch: null });
    const again = client.put("shared/x", Readable.from(["2"]), { ifMatch: null });
    await expect(again).rejects.toMatchObject({ code: "client/precondition-failed", exit: 5 });
    const second = await client.put("shared/x", Readable.from(["2"]), { ifMatch: first.etag ?? "" });
    expect(second.created).toBe(false);
    const stale = client.put("shared/x", Readable.from(["3"]), { ifMatch: first.etag ?? "" });
    await expect(stale).rejects.toMatchObject({ code: "client/precondition-failed", exit: 5 });
  });

  it("tells a wrong token from a missing one by nothing, and both as exit 4", async () => {
    const { port, certificate, client } = await runAgent();
    for (const token of [undefined, `${TOKEN}x`]) {
      const stranger = new AgentClient(
        defined({
          host: "127.0.0.1",
          port,
          trust: pinned(certificate.cert),
          token,
        }),
      );
      await expect(stranger.directories()).rejects.toMatchObject({ code: "client/unauthorized", exit: 4 });
      const big = Readable.from(
        (function* () {
          for (let i = 0; i < 200; i += 1) yield Buffer.alloc(65_536);
        })(),
      );
      await expect(stranger.put("shared/x", big)).rejects.toMatchObject({ code: "client/unauthorized", exit: 4 });
      stranger.close();
    }
    expect(await client.list("shared")).toEqual([]);
  });

  it.each([
    ["a missing file", (c: AgentClient) => c.list("shared/none"), "client/not-found", 3],
    ["a directory that is not authorized", (c: AgentClient) => c.list("etc"), "client/not-found", 3],
    [
      "a write into a read-only directory",
      (c: AgentClient) => c.put("readonly/x", Readable.from(["x"])),
      "client/forbidden",
      4,
    ],
    ["the removal of what is not empty", (c: AgentClient) => c.remove("shared/full"), "client/conflict", 5],
    ["the removal of an authorized directory", (c: AgentClient) => c.remove("shared"), "client/forbidden", 4],
    [
      "a directory fetched as a file",
      (c: AgentClient) => c.get("shared/full", new PassThrough()),
      "client/is-directory",
      2,
    ],
    ["a file listed as a directory", (c: AgentClient) => c.list("shared/full/x.json"), "client/not-directory", 2],
    ["a path with ..", (c: AgentClient) => c.list("shared/../etc"), "client/bad-path", 2],
    ["a path with an empty name", (c: AgentClient) => c.list("shared//x"), "client/bad-path", 2],
    ["an empty path", (c: AgentClient) => c.list(""), "client/bad-path", 2],
  ])("refuses %s with a code and an exit status", async (_, call, code, exit) => {
    const { client, shared } = await runAgent();
    await mkdir(join(shared, "full"));
    await writeFile(join(shared, "full/x.json"), '{"entries":[]}');
    await expect(call(client)).rejects.toMatchObject({ code, exit });
  });

  it("T-23, T-09: counts the entries that no request can ask for", async () => {
    const { client, shared } = await runAgent();
    await mkdir(join(shared, "odd/dir"), { recursive: true });
    const at = (name: string) => join(shared, "odd", name);
    await writeFile(at("plain\nforged"), "x");
    await writeFile(at("back\\slash"), "x");
    await writeFile(Buffer.concat([Buffer.from(at("not")), Buffer.from([0xff])]), "x");
    await symlink("plain", at("link"));
    const listing = await client.listing("shared/odd");
    expect(listing.entries.map(({ name }) => name)).toEqual(["dir", "plain\nforged"]);
    expect(listing.not_shown).toBe(3);
    expect(await client.list("shared/odd")).toEqual(listing.entries);
  });

  it("does not upload a directory, or what is not there", async () => {
    const { client, dir } = await runAgent();
    await expect(client.upload(dir, "shared/x")).rejects.toThrow(`"${dir}" is not a regular file`);
    await expect(client.upload(join(dir, "none"), "shared/x")).rejects.toThrow(`cannot read "${join(dir, "none")}"`);
  });

  it("ends an upload and a download by its signal, and leaves no half file", async () => {
    const { client, dir, shared } = await runAgent();
    const controller = new AbortController();
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    const sending = client.put("shared/endless", endless, {
      signal: controller.signal,
      onProgress: (done) => done > 1_000_000 && controller.abort(),
    });
    await expect(sending).rejects.toMatchObject({ code: "client/aborted", exit: 130 });
    await client.put("shared/big", Readable.from([Buffer.alloc(20_000_000)]));
    const second = new AbortController();
    const fetching = client.download("shared/big", join(dir, "big"), {
      signal: second.signal,
      onProgress: (done) => done > 0 && second.abort(),
    });
    await expect(fetching).rejects.toMatchObject({ code: "client/aborted", exit: 130 });
    expect((await client.list("shared")).map(({ name }) => name)).toEqual(["big"]);
    expect(await readdir(shared)).not.toContain("endless");
    expect(await readdir(dir)).not.toContain("big");
    // What has arrived stays for the next call.
    expect(await client.download("shared/big", join(dir, "big"))).toMatchObject({ size: 20_000_000 });
  });

  it("serves plain HTTP where TLS was turned off (A-31, 4)", async () => {
    const { client } = await runAgent({ certificate: false, auth: "none" });
    await client.put("shared/x", Readable.from(["clear"]));
    const { sink, data } = collector();
    await client.get("shared/x", sink);
    expect(data().toString()).toBe("clear");
  });
});

describe("with a local disk that fails", () => {
  it("tells a missing directory in one line", async () => {
    const { client } = await runAgent();
    await client.put("shared/x", Readable.from(["x"]));
    const file = join(await temporaryDir(), "none", "x");
    await expect(client.download("shared/x", file)).rejects.toMatchObject({ code: "client/local-unwritable" });
  });

  it("ends when the sink of a get breaks", async () => {
    const { client } = await runAgent();
    await client.put("shared/x", Readable.from([Buffer.alloc(1_000_000)]));
    const sink = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    await expect(client.get("shared/x", sink)).rejects.toThrow("cannot write what arrives: write EPIPE");
  });
});
