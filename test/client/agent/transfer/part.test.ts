import { execFileSync } from "node:child_process";
import { chmod, chown, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { tryDownload } from "../../../../client/agent/transfer/download.js";
import { oneFile, SIZE } from "./support.js";

const isRoot = process.geteuid?.() === 0;
const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);
const PART = ".x.sallyport-part";
const newMode = (0o666 & ~process.umask()).toString(8);

describe("T-02: the mode", () => {
  it.each(["600", "640", "400", "755"])(
    "%s of the replaced file is that of the part and of the new file",
    async (mode) => {
      const { holdAnswers, begin, at } = await oneFile();
      await writeFile(at("x"), "old");
      await chmod(at("x"), Number.parseInt(mode, 8));
      const release = holdAnswers();
      const { done } = await begin("shared/x", at("x"));
      expect(await modeOf(at(PART))).toBe(mode);
      release();
      await done;
      expect(await modeOf(at("x"))).toBe(mode);
      expect((await stat(at("x"))).size).toBe(SIZE);
    },
  );

  it("of a file that others may write is given last, after the digest", async () => {
    const { holdAnswers, begin, at } = await oneFile();
    await writeFile(at("x"), "old");
    await chmod(at("x"), 0o666);
    const release = holdAnswers();
    const { done } = await begin("shared/x", at("x"));
    expect(await modeOf(at(PART))).toBe("644");
    release();
    await done;
    expect(await modeOf(at("x"))).toBe("666");
  });

  it("of a new file follows the umask", async () => {
    const { holdAnswers, begin, at } = await oneFile();
    const release = holdAnswers();
    const { done } = await begin("shared/x", at("x"));
    expect(Number.parseInt(await modeOf(at(PART)), 8) & ~Number.parseInt(newMode, 8)).toBe(0);
    release();
    await done;
    expect(await modeOf(at("x"))).toBe(newMode);
  });

  it("is that of the file behind a link", async () => {
    const { client, at } = await oneFile();
    await writeFile(at("file"), "old", { mode: 0o600 });
    await symlink("file", at("x"));
    await client.download("shared/x", at("x"));
    expect(await modeOf(at("file"))).toBe("600");
  });

  it("that was changed during the transfer counts", async () => {
    const { holdAnswers, begin, at } = await oneFile();
    await writeFile(at("x"), "old", { mode: 0o644 });
    const release = holdAnswers();
    const { done } = await begin("shared/x", at("x"));
    await chmod(at("x"), 0o600);
    release();
    await done;
    expect(await modeOf(at("x"))).toBe("600");
  });

  it("loses the set-user-ID bit, as with every write", async () => {
    const { client, at } = await oneFile();
    await writeFile(at("x"), "old");
    await chmod(at("x"), 0o4755);
    await client.download("shared/x", at("x"));
    expect(await modeOf(at("x"))).toBe("755");
  });

  it.skipIf(!isRoot)("comes with the group that it speaks of", async () => {
    const { client, at } = await oneFile();
    await writeFile(at("x"), "old");
    await chown(at("x"), 0, 4321);
    await chmod(at("x"), 0o640);
    await client.download("shared/x", at("x"));
    expect([(await stat(at("x"))).gid, await modeOf(at("x"))]).toEqual([4321, "640"]);
  });
});

describe("T-03: a part", () => {
  /** Notes that would make a part of all but the last byte be resumed. */
  const plantNotes = ({ at, source }: Awaited<ReturnType<typeof oneFile>>) =>
    writeFile(at(`${PART}.json`), JSON.stringify({ source: source("shared/x"), etag: '"one"' }));

  it("of our own is resumed", async () => {
    const host = await oneFile();
    await plantNotes(host);
    await writeFile(host.at(PART), host.data.subarray(0, 1_000));
    await host.client.download("shared/x", host.at("x"));
    expect(host.ranges).toEqual(["bytes=1000-"]);
    expect((await readFile(host.at("x"))).equals(host.data)).toBe(true);
    expect(await readdir(host.dir)).toEqual(["x"]);
  });

  it.each<[string, (part: string, dir: string) => Promise<void>]>([
    ["that has a second name", async (part, dir) => link(part, `${dir}/other`)],
    ["that others may write", async (part) => chmod(part, 0o666)],
    ["that its group may write", async (part) => chmod(part, 0o664)],
    [
      "that is a link",
      async (part, dir) => void execFileSync("sh", ["-c", `mv ${part} ${dir}/other && ln -s other ${part}`]),
    ],
    ["that is a pipe", async (part) => void execFileSync("sh", ["-c", `rm ${part} && mkfifo ${part}`])],
    ["that is a directory", async (part) => void execFileSync("sh", ["-c", `rm ${part} && mkdir ${part}`])],
    ...(isRoot
      ? [["of another user", (part: string) => chown(part, 4321, 4321)] as [string, () => Promise<void>]]
      : []),
  ])("%s is not used, and not written", async (_, change) => {
    const host = await oneFile();
    const { client, at, dir, data, ranges } = host;
    await plantNotes(host);
    const planted = data.subarray(0, 1_000);
    await writeFile(at(PART), planted);
    await change(at(PART), dir);
    await client.download("shared/x", at("x"));
    expect(ranges).toEqual([undefined]);
    const got = await stat(at("x"));
    expect([got.uid, got.nlink, got.mode & 0o777]).toEqual([process.geteuid?.(), 1, Number.parseInt(newMode, 8)]);
    expect((await readFile(at("x"))).equals(data)).toBe(true);
    if ((await readdir(dir)).includes("other")) expect((await readFile(at("other"))).equals(planted)).toBe(true);
  });

  it("that shows more than the replaced file is not used", async () => {
    const host = await oneFile();
    await plantNotes(host);
    await writeFile(host.at(PART), host.data.subarray(0, 1_000), { mode: 0o644 });
    await writeFile(host.at("x"), "old", { mode: 0o600 });
    await host.client.download("shared/x", host.at("x"));
    expect(host.ranges).toEqual([undefined]);
    expect(await modeOf(host.at("x"))).toBe("600");
  });

  it.each(["notes", "lock"])("whose %s are a pipe does not block", async (what) => {
    const { client, at, data } = await oneFile();
    execFileSync("mkfifo", [at(`${PART}.${what === "notes" ? "json" : "lock"}`)]);
    await client.download("shared/x", at("x"));
    expect((await readFile(at("x"))).equals(data)).toBe(true);
  });
});

describe("a part that nothing arrived for", () => {
  it("does not stay", async () => {
    const { client, at, dir } = await oneFile();
    await expect(client.download("shared/x", at("x"), { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await readdir(dir)).toEqual([]);
  });
});

describe("T-06: downloads to one name at once", () => {
  it("all end well, and leave nothing else", async () => {
    const { client, holdAnswers, begin, at, dir, data, sha256 } = await oneFile();
    const release = holdAnswers();
    const running = [
      await begin("shared/x", at("x")),
      await begin("shared/x", at("x")),
      await begin("shared/x", at("x")),
    ];
    release();
    for (const { done } of running) expect(await done).toEqual({ size: SIZE, sha256 });
    expect((await readFile(at("x"))).equals(data)).toBe(true);
    expect(await readdir(dir)).toEqual(["x"]);
    expect(await client.download("shared/x", at("x"))).toEqual({ size: SIZE, sha256 });
  });

  it("one that fails takes nothing from the other", async () => {
    const { client, holdAnswers, begin, at, dir, data } = await oneFile();
    const release = holdAnswers();
    const { done } = await begin("shared/x", at("x"));
    const output = client.jobs.download("0123", at("x"), { signal: AbortSignal.timeout(50) });
    await expect(output).rejects.toMatchObject({ code: "client/aborted" });
    release();
    await done;
    expect((await readFile(at("x"))).equals(data)).toBe(true);
    expect(await readdir(dir)).toEqual(["x"]);
  });

  it("a lock of a dead process is broken", async () => {
    const { client, at, dir } = await oneFile();
    await symlink("999999999-1", at(`${PART}.lock`));
    await client.download("shared/x", at("x"));
    expect(await readdir(dir)).toEqual(["x"]);
  });
});

describe("T-07: a name", () => {
  it.each([
    ["of 216 bytes", "x".repeat(216)],
    ["of 217 bytes", "x".repeat(217)],
    ["of 240 bytes", "x".repeat(240)],
    ["of 255 bytes", "x".repeat(255)],
    ["of 80 characters with three bytes each", "語".repeat(80)],
    ["of 85 characters with three bytes each", "語".repeat(85)],
  ])("%s can be fetched, and resumed", async (_, name) => {
    const { client, at, dir, data, holdAnswers, ranges } = await oneFile();
    const release = holdAnswers();
    const half = new AbortController();
    const onProgress = (bytes: number) => bytes >= SIZE / 2 && half.abort();
    const attempt = client.download(`shared/${name}`, at(name), { signal: half.signal, onProgress });
    await expect(attempt).rejects.toMatchObject({ code: "client/aborted" });
    expect((await readdir(dir)).every((left) => Buffer.byteLength(left) <= 255)).toBe(true);
    release();
    await client.download(`shared/${name}`, at(name));
    expect(ranges).toEqual([undefined, `bytes=${SIZE / 2}-`]);
    expect((await readFile(at(name))).equals(data)).toBe(true);
    expect(await readdir(dir)).toEqual([name]);
  });

  it("that begins as another long name has a part of its own", async () => {
    const { at, dir, data, holdAnswers, begin } = await oneFile();
    const names = [`${"x".repeat(250)}a`, `${"x".repeat(250)}b`];
    const release = holdAnswers();
    const running = [await begin("shared/a", at(names[0] ?? "")), await begin("shared/b", at(names[1] ?? ""))];
    expect((await readdir(dir)).filter((name) => name.endsWith(".sallyport-part"))).toHaveLength(2);
    release();
    for (const { done } of running) await done;
    expect((await readdir(dir)).sort()).toEqual(names);
    for (const name of names) expect((await readFile(at(name))).equals(data)).toBe(true);
  });

  it("of a directory does not count", async () => {
    const { client, at } = await oneFile();
    const deep = at(`${"d".repeat(255)}`);
    await mkdir(deep);
    await client.download("shared/x", `${deep}/x`);
    expect((await stat(`${deep}/x`)).size).toBe(SIZE);
  });
});

describe("T-15: trying a destination", () => {
  it.each(["x", "x".repeat(255)])("leaves nothing", async (name) => {
    const { at, dir } = await oneFile();
    await tryDownload(at(name));
    expect(await readdir(dir)).toEqual([]);
  });

  it("leaves the file and the part of an earlier call", async () => {
    const { at, dir } = await oneFile();
    await writeFile(at("x"), "old");
    await writeFile(at(PART), "part");
    await tryDownload(at("x"));
    expect([(await readdir(dir)).sort(), await readFile(at("x"), "utf8")]).toEqual([[PART, "x"], "old"]);
  });

  it("tells a directory that is not there", async () => {
    const { at } = await oneFile();
    await expect(tryDownload(at("none/x"))).rejects.toMatchObject({ code: "client/local-unwritable" });
  });
});
