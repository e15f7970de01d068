import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryDir } from "../../support/temporary.js";
import { oneFile, SIZE } from "./support.js";

const isRoot = process.geteuid?.() === 0;

// The tests never name /dev/null itself: a download that replaced it would harm the machine.
const makeNullDevice = (path: string) => execFileSync("mknod", ["-m", "666", path, "c", "1", "3"], { stdio: "ignore" });
const canMakeDevices = ((): boolean => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-device-"));
  try {
    makeNullDevice(join(dir, "null"));
    writeFileSync(join(dir, "null"), "x");
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
})();

describe("T-01: a download to a name that is", () => {
  it.skipIf(!canMakeDevices)("a device is written into it, and leaves it a device", async () => {
    const { client, sha256, at, dir } = await oneFile();
    makeNullDevice(at("null"));
    const before = await lstat(at("null"));
    expect(await client.download("shared/x", at("null"))).toEqual({ size: SIZE, sha256 });
    const after = await lstat(at("null"));
    expect([after.isCharacterDevice(), after.ino, after.mode]).toEqual([true, before.ino, before.mode]);
    expect(await readdir(dir)).toEqual(["null"]);
  });

  it("a link to a device is written into the device", async () => {
    const { client, sha256, at, dir } = await oneFile();
    await symlink("/dev/null", at("x"));
    expect(await client.download("shared/x", at("x"))).toEqual({ size: SIZE, sha256 });
    expect(await readlink(at("x"))).toBe("/dev/null");
    expect(await readdir(dir)).toEqual(["x"]);
    expect((await lstat("/dev/null")).isCharacterDevice()).toBe(true);
  });

  it("a device without room is a fault", async () => {
    const { client, at } = await oneFile();
    await symlink("/dev/full", at("x"));
    await expect(client.download("shared/x", at("x"))).rejects.toMatchObject({ code: "client/local-unwritable" });
  });

  it("a pipe waits for its reader, who gets the file", async () => {
    const { client, at, data, dir } = await oneFile();
    execFileSync("mkfifo", [at("pipe")]);
    const download = client.download("shared/x", at("pipe"));
    const reader = spawn("cat", [at("pipe")], { stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    reader.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await Promise.all([download, once(reader, "close")]);
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
    expect((await lstat(at("pipe"))).isFIFO()).toBe(true);
    expect(await readdir(dir)).toEqual(["pipe"]);
  });

  it("a pipe that no process reads can be given up", async () => {
    const { client, at } = await oneFile();
    execFileSync("mkfifo", [at("pipe")]);
    const attempt = client.download("shared/x", at("pipe"), { signal: AbortSignal.timeout(50) });
    await expect(attempt).rejects.toMatchObject({ code: "client/aborted" });
  });

  it("a pipe whose reader leaves early is a fault", async () => {
    const { client, at } = await oneFile();
    execFileSync("mkfifo", [at("pipe")]);
    const reader = spawn("head", ["-c", "1", at("pipe")], { stdio: "ignore" });
    await expect(client.download("shared/x", at("pipe"))).rejects.toMatchObject({ code: "client/local-unwritable" });
    if (reader.exitCode === null) await once(reader, "close");
  });

  it("an open file is written through its descriptor", async () => {
    const { client, at, data } = await oneFile();
    await writeFile(at("x"), Buffer.alloc(SIZE + 9));
    const { ino } = await stat(at("x"));
    const file = await open(at("x"), "r+");
    try {
      await client.download("shared/x", `/proc/self/fd/${file.fd}`);
    } finally {
      await file.close();
    }
    expect((await readFile(at("x"))).equals(data)).toBe(true);
    expect((await stat(at("x"))).ino).toBe(ino);
  });

  it("a socket is a fault, and leaves it a socket", async () => {
    const { client, at, ranges } = await oneFile();
    const server = createServer().listen(at("socket"));
    onTestFinished(() => void server.close());
    await once(server, "listening");
    await expect(client.download("shared/x", at("socket"))).rejects.toMatchObject({ code: "client/local-unwritable" });
    expect((await lstat(at("socket"))).isSocket()).toBe(true);
    expect(ranges).toEqual([]);
  });

  it.each(["a directory", "a link to a directory"])("%s is a fault before the host is asked", async (what) => {
    const { client, at, dir, ranges } = await oneFile();
    await mkdir(at("d"));
    if (what !== "a directory") await symlink("d", at("l"));
    const file = at(what === "a directory" ? "d" : "l");
    await expect(client.download("shared/x", file)).rejects.toMatchObject({
      code: "client/local-is-directory",
    });
    expect(ranges).toEqual([]);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("a file that its user may not write is a fault, and stays", async () => {
    const { client, at, dir, ranges } = await oneFile();
    await writeFile(at("x"), "old", { mode: 0o444 });
    await chmod(dir, 0o755);
    const download = () => client.download("shared/x", at("x"));
    await expect(asOrdinaryUser(download)).rejects.toMatchObject({ code: "client/local-unwritable" });
    expect(await readFile(at("x"), "utf8")).toBe("old");
    expect(ranges).toEqual([]);
  });

  it.each([
    ["a link to a file", "there/file"],
    ["a link to a link", "there/link"],
    ["a dangling link", "there/new"],
  ])("%s replaces what it leads to, and leaves the link", async (_, text) => {
    const { client, at, data, dir } = await oneFile();
    await mkdir(at("there"));
    await writeFile(at("there/file"), "old");
    await symlink("../there/file", at("there/link"));
    await symlink(text, at("x"));
    await client.download("shared/x", at("x"));
    expect(await readlink(at("x"))).toBe(text);
    expect((await readFile(at("x"))).equals(data)).toBe(true);
    expect((await lstat(at("there/file"))).isFile()).toBe(true);
    expect((await readdir(dir)).sort()).toEqual(["there", "x"]);
  });

  it("a link through a linked directory leads where the kernel says", async () => {
    const { client, at, data } = await oneFile();
    const elsewhere = await temporaryDir();
    await mkdir(`${elsewhere}/deep`);
    await symlink(`${elsewhere}/deep`, at("a"));
    await symlink("a/../file", at("x"));
    await client.download("shared/x", at("x"));
    expect((await readFile(`${elsewhere}/file`)).equals(data)).toBe(true);
  });

  it("a link to itself is a fault", async () => {
    const { client, at } = await oneFile();
    await symlink("x", at("x"));
    await expect(client.download("shared/x", at("x"))).rejects.toMatchObject({ code: "client/local-unwritable" });
  });

  it.skipIf(!isRoot).each([
    ["link", (at: string) => symlink("secret", at)],
    ["pipe", async (at: string) => void execFileSync("mkfifo", [at])],
    ["file", (at: string) => writeFile(at, "", { mode: 0o666 })],
  ])("another user's %s in a directory like /tmp is a fault", async (_, make) => {
    const { client, at, ranges } = await oneFile();
    await mkdir(at("tmp"));
    await chmod(at("tmp"), 0o1777);
    await writeFile(at("tmp/secret"), "secret");
    await make(at("tmp/x"));
    execFileSync("chown", ["-h", "4321", at("tmp/x")]);
    await chown(at("tmp"), 0, 0);
    await expect(client.download("shared/x", at("tmp/x"))).rejects.toMatchObject({ code: "client/local-foreign" });
    expect(await readFile(at("tmp/secret"), "utf8")).toBe("secret");
    expect(ranges).toEqual([]);
  });
});

/** Root may write every file: its rights are put aside meanwhile. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
