import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { algorithmsFor, fingerprint, isPinned, parseHostKey } from "../../../client/ssh/host-key.js";
import {
  hostKeysIn,
  knownHostsName,
  readKnownHosts,
  withHostKeys,
  writeKnownHosts,
} from "../../../client/ssh/known-hosts.js";
import { temporaryDir } from "../support/temporary.js";

const ED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const ED2 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

describe("a host key line", () => {
  it("is read as type and bytes, without its comment", () => {
    const key = parseHostKey(`${ED} root@host\n`);
    expect(key.type).toBe("ssh-ed25519");
    expect(isPinned(key.blob, [parseHostKey(ED)])).toBe(true);
    expect(isPinned(key.blob, [parseHostKey(ED2)])).toBe(false);
    expect(fingerprint(key.blob)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it.each([
    ["nothing", ""],
    ["another type in front", ED.replace("ssh-ed25519 ", "ssh-rsa ")],
    ["a second line, for every host", `${ED}\n* ${ED2}`],
    ["a second line behind a return", `${ED}\r* ${ED2}`],
    ["an option of known_hosts", `@cert-authority * ${ED}`],
    ["no key", "ssh-ed25519 AAAA"],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----"],
  ])("with %s is refused", (_, line) => {
    expect(() => parseHostKey(line)).toThrow("is not an OpenSSH public key");
  });

  it("is asked for without SHA-1", () => {
    const rsa = { type: "ssh-rsa", blob: Buffer.alloc(0) };
    expect(algorithmsFor([parseHostKey(ED), rsa, rsa])).toEqual(["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]);
  });
});

describe("the kit's known_hosts", () => {
  it("has exactly the keys of a host, and keeps the others' lines", () => {
    const before = `other ${ED}\ni-0abc ${ED2}\ni-0abcd ${ED2}\n`;
    const after = withHostKeys(before, "i-0abc", [`${ED} comment`]);
    expect(after).toBe(`other ${ED}\ni-0abcd ${ED2}\ni-0abc ${ED}\n`);
    expect(withHostKeys(after, "i-0abc", [ED])).toBe(after);
    expect(hostKeysIn(after, "i-0abc")).toEqual([ED]);
    expect(hostKeysIn(after, "i-0ab")).toEqual([]);
  });

  it("is born 0600, in a directory of 0700", async () => {
    const file = join(await temporaryDir(), ".ssh", "known");
    await writeKnownHosts(file, "192.0.2.7", 2222, [ED]);
    expect(await readFile(file, "utf8")).toBe(`[192.0.2.7]:2222 ${ED}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, ".."))).mode & 0o777).toBe(0o700);
    expect(await readKnownHosts(file, "192.0.2.7", 2222)).toEqual([ED]);
    expect(await readKnownHosts(file, "192.0.2.7", 22)).toEqual([]);
  });

  it("is left alone if one of the keys is none", async () => {
    const file = join(await temporaryDir(), "known");
    await writeKnownHosts(file, "h", 22, [ED]);
    await expect(writeKnownHosts(file, "h", 22, [ED2, "rubbish"])).rejects.toThrow("rubbish");
    expect(await readFile(file, "utf8")).toBe(`h ${ED}\n`);
  });

  it("loses no host when many are written at once", async () => {
    const file = join(await temporaryDir(), "known");
    const names = Array.from({ length: 20 }, (_, index) => `i-${index}`);
    await Promise.all(names.map((name) => writeKnownHosts(file, name, 22, [ED])));
    const written = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(written.map((line) => line.split(" ")[0]).sort()).toEqual([...names].sort());
    expect(await readdir(join(file, ".."))).toEqual(["known"]);
  });

  it("is not held up by a program that was killed while it wrote", async () => {
    const file = join(await temporaryDir(), "known");
    await writeFile(`${file}.lock`, "999999999");
    await writeKnownHosts(file, "h", 22, [ED]);
    expect(await readKnownHosts(file, "h", 22)).toEqual([ED]);
  });

  it("names a host as OpenSSH does", () => {
    expect([knownHostsName("h"), knownHostsName("::1", 22), knownHostsName("h", 2222)]).toEqual([
      "h",
      "::1",
      "[h]:2222",
    ]);
  });
});
