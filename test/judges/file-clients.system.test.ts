/** What people use beside `sallyport` to move files: curl, wget and rclone with the agent; scp, sftp and rsync with the host. */
import { createHash, randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeKnownHosts } from "../../client/ssh/known-hosts.js";
import { installSshConfig } from "../../client/ssh/ssh-config.js";
import { makeCertificate } from "../agent/support/certificate.js";
import { startTestAgent, type TestAgent, TOKEN } from "../agent/support/test-agent.js";
import { openSshd, type Sshd } from "../client/support/sshd.js";

const CONTENT = randomBytes(3_000_001);

let dir: string;
let count = 0;
beforeEach(() => {
  dir = join(root, `work ${count++}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "in.bin"), CONTENT);
});

const root = mkdtempSync(join(tmpdir(), "sallyport-file-clients-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** @returns the exit status and what it printed. */
async function run(program: string, ...args: string[]): Promise<[code: number | undefined, said: string]> {
  const env = { PATH: process.env.PATH, HOME: root, WGETRC: join(root, "wgetrc") };
  const { exitCode, all } = await execa(program, args, { cwd: dir, env, extendEnv: false, reject: false, all: true });
  return [exitCode, all];
}

const here = (name: string) => readFileSync(join(dir, name));

describe("the agent", () => {
  let agent: TestAgent;
  let url: string;
  beforeAll(async () => {
    const pair = makeCertificate("DNS:localhost,IP:127.0.0.1", 90);
    const arrange = (base: string) => {
      writeFileSync(join(base, "cert"), pair.cert);
      writeFileSync(join(base, "key"), pair.key, { mode: 0o600 });
      writeFileSync(join(root, "cert"), pair.cert);
    };
    agent = await startTestAgent({ arrange });
    url = `https://127.0.0.1:${agent.port}/v1/files/shared`;
    writeFileSync(join(root, "header"), `Authorization: Bearer ${TOKEN}\n`, { mode: 0o600 });
    writeFileSync(
      join(root, "wgetrc"),
      `header = Authorization: Bearer ${TOKEN}\nca_certificate = ${join(root, "cert")}\ntries = 1\n`,
    );
  });
  afterAll(() => agent?.stop());

  const there = (name: string) => readFileSync(join(agent.shared, name));
  const curl = (...args: string[]) =>
    run("curl", "-sS", "--cacert", join(root, "cert"), "-H", `@${join(root, "header")}`, ...args);
  /** curl's, with the status of the answer for output. */
  const status = async (...args: string[]) => (await curl("-o", "/dev/null", "-w", "%{http_code}", ...args))[1];

  test("curl uploads from a file and from a pipe, also with 100-continue and HTTP/1.0", async () => {
    expect(await curl("-T", "in.bin", `${url}/up/`)).toEqual([0, ""]);
    expect(there("up/in.bin").equals(CONTENT)).toBe(true);
    expect(await status("-T", "in.bin", `${url}/up/in.bin`)).toBe("204");
    expect(
      await run("sh", "-c", `cat in.bin | curl -sS --cacert '${root}/cert' -H '@${root}/header' -T - ${url}/piped`),
    ).toEqual([0, ""]);
    expect(there("piped").equals(CONTENT)).toBe(true);
    expect(await status("-H", "Expect: 100-continue", "-T", "in.bin", `${url}/expected`)).toBe("201");
    expect(await status("-0", "-T", "in.bin", `${url}/old`)).toBe("201");
    expect(there("old").equals(CONTENT)).toBe(true);
    writeFileSync(join(dir, "ä b#%.bin"), "x");
    expect(await status("-T", "ä b#%.bin", `${url}/`)).toBe("201");
    expect(there("ä b#%.bin").toString()).toBe("x");
  });

  test("curl keeps what is there: conditions, and a part of a file is never taken for the whole", async () => {
    writeFileSync(join(agent.shared, "kept"), "kept");
    expect(await status("-H", "If-None-Match: *", "-T", "in.bin", `${url}/kept`)).toBe("412");
    // So resumes curl an upload, which needs an id here.
    expect(await status("-C", "1000", "-T", "in.bin", `${url}/kept`)).toBe("400");
    expect(await status("-H", 'If-Match: "other"', "-X", "DELETE", `${url}/kept`)).toBe("412");
    expect(there("kept").toString()).toBe("kept");
    expect(await status("-X", "DELETE", `${url}/kept`)).toBe("204");
    expect(await status(`${url}/kept`)).toBe("404");
  });

  test("curl downloads, resumes, takes ranges, and asks whether something has changed", async () => {
    writeFileSync(join(agent.shared, "out.bin"), CONTENT);
    const file = `${url}/out.bin`;
    expect(await curl("-O", file)).toEqual([0, ""]);
    expect(here("out.bin").equals(CONTENT)).toBe(true);
    truncateSync(join(dir, "out.bin"), 1_234_567);
    expect(await curl("-C", "-", "-O", file)).toEqual([0, ""]);
    expect(here("out.bin").equals(CONTENT)).toBe(true);
    // All is here already.
    expect((await curl("-C", "-", "-O", file))[0]).toBe(0);
    expect(await curl("-r", "-5", "-o", "tail", file)).toEqual([0, ""]);
    expect(here("tail").equals(CONTENT.subarray(-5))).toBe(true);
    expect(await status("-r", "9999999-", file)).toBe("416");
    expect(await curl("--compressed", "-o", "plain", file)).toEqual([0, ""]);
    expect(here("plain").equals(CONTENT)).toBe(true);
    expect(await curl("--etag-save", "etag", "-o", "one", file)).toEqual([0, ""]);
    expect(await status("--etag-compare", "etag", file)).toBe("304");
    expect(await status("-z", "2001-01-01", file)).toBe("200");
    expect(await curl("-R", "-o", "dated", file)).toEqual([0, ""]);
    expect(await status("-z", "dated", file)).toBe("304");
    const [, head] = await curl("-I", "-H", "Want-Repr-Digest: sha-256=1", file);
    const digest = createHash("sha256").update(CONTENT).digest("base64");
    expect(head).toContain(`Repr-Digest: sha-256=:${digest}:`);
  });

  test("curl sees the directory, and follows no redirect of the plain port with the token", async () => {
    mkdirSync(join(agent.shared, "listed"));
    writeFileSync(join(agent.shared, "listed/a"), "a");
    const [code, said] = await curl(`${url}/listed`);
    expect([code, JSON.parse(said).entries.map(({ name }: { name: string }) => name)]).toEqual([0, ["a"]]);
    expect(await status(`http://127.0.0.1:${agent.plain.port}/v1/files/shared/listed/a`)).toBe("308");
  });

  test("wget downloads, goes on where it broke, and fetches nothing twice", async () => {
    writeFileSync(join(agent.shared, "w.bin"), CONTENT);
    expect((await run("wget", "-nv", `${url}/w.bin`))[0]).toBe(0);
    expect(here("w.bin").equals(CONTENT)).toBe(true);
    truncateSync(join(dir, "w.bin"), 777_777);
    const [code, said] = await run("wget", "-c", `${url}/w.bin`);
    expect([code, said]).toEqual([0, expect.stringContaining("206 Partial Content")]);
    expect(here("w.bin").equals(CONTENT)).toBe(true);
    expect((await run("wget", "-nv", "-N", `${url}/w.bin`))[0]).toBe(0);
    expect(await run("wget", "-N", `${url}/w.bin`)).toEqual([0, expect.stringContaining("304 Not Modified")]);
    expect(await run("wget", "--spider", `${url}/w.bin`)).toEqual([0, expect.stringContaining("exists")]);
    expect((await run("wget", "-q", `${url}/absent`))[0]).toBe(8);
    expect((await run("wget", "-q", "--method=PUT", "--body-file=in.bin", "-O", "-", `${url}/by-wget`))[0]).toBe(0);
    expect(there("by-wget").equals(CONTENT)).toBe(true);
  });

  test("rclone copies one file by several ranges at once, and compares it by size and time", async () => {
    writeFileSync(join(agent.shared, "r.bin"), CONTENT);
    const base = url.replace(/shared$/, "");
    const http = [
      "--http-url",
      base,
      "--http-headers",
      `Authorization,Bearer ${TOKEN}`,
      "--ca-cert",
      join(root, "cert"),
      "--retries",
      "1",
      "--low-level-retries",
      "1",
    ];
    const copy = [
      "copyto",
      ":http:shared/r.bin",
      "got/r.bin",
      "--multi-thread-streams",
      "4",
      "--multi-thread-cutoff",
      "1M",
      ...http,
    ];
    expect(await run("rclone", ...copy)).toEqual([0, expect.not.stringContaining("ERROR")]);
    expect(here("got/r.bin").equals(CONTENT)).toBe(true);
    expect(Math.trunc(statSync(join(dir, "got/r.bin")).mtimeMs / 1000)).toBe(
      Math.trunc(statSync(join(agent.shared, "r.bin")).mtimeMs / 1000),
    );
    const [code, again] = await run("rclone", ...copy, "-v");
    expect([code, again]).toEqual([0, expect.stringMatching(/Checks: +1 \/ 1, 100%/)]);
  });
});

describe("the host, by what ssh-config wrote", () => {
  let sshd: Sshd & { close(): Promise<void> };
  let config: string;
  let target: string;
  beforeAll(async () => {
    mkdirSync(join(root, "sshd"));
    sshd = await openSshd(join(root, "sshd"));
    config = join(root, "sshd/config");
    const knownHosts = join(root, "sshd/known");
    await writeKnownHosts(knownHosts, "i-0abc", 22, sshd.hostKeys);
    const { port, username, keyPair } = sshd;
    const host = { name: "accelerator-1", address: "127.0.0.1", hostKeyAlias: "i-0abc", identity: keyPair.privatePath };
    await installSshConfig({ main: config, own: join(root, "sshd/own") }, "/a/project", [
      { ...host, port, username, knownHosts },
    ]);
  });
  afterAll(() => sshd?.close());
  beforeEach(() => {
    target = join(root, `target-${count}`);
    mkdirSync(target);
  });

  test("scp and sftp copy both ways", async () => {
    expect(await run("scp", "-q", "-F", config, "in.bin", `accelerator-1:${target}/scp.bin`)).toEqual([0, ""]);
    expect(await run("scp", "-q", "-O", "-F", config, `accelerator-1:${target}/scp.bin`, "back.bin")).toEqual([0, ""]);
    expect(here("back.bin").equals(CONTENT)).toBe(true);
    writeFileSync(join(dir, "batch"), `put in.bin ${target}/sftp.bin\nget ${target}/sftp.bin got.bin\n`);
    expect((await run("sftp", "-q", "-F", config, "-b", "batch", "accelerator-1"))[0]).toBe(0);
    expect(here("got.bin").equals(CONTENT)).toBe(true);
  });

  test("rsync copies a tree, goes on with what is there, and deletes what is gone", async () => {
    mkdirSync(join(dir, "tree/sub"), { recursive: true });
    writeFileSync(join(dir, "tree/sub/a b"), CONTENT);
    writeFileSync(join(dir, "tree/gone"), "x");
    const rsync = (...more: string[]) =>
      run("rsync", "-a", "--delete", "-e", `ssh -F '${config}'`, ...more, "tree/", `accelerator-1:${target}/tree`);
    expect(await rsync()).toEqual([0, ""]);
    expect(readFileSync(join(target, "tree/sub/a b")).equals(CONTENT)).toBe(true);
    rmSync(join(dir, "tree/gone"));
    truncateSync(join(target, "tree/sub/a b"), 2_000_000);
    expect((await rsync("--itemize-changes"))[1].split("\n").map((line) => line.split(" ")[0])).toEqual(
      expect.arrayContaining(["*deleting"]),
    );
    expect([readdirSync(join(target, "tree")), readFileSync(join(target, "tree/sub/a b")).equals(CONTENT)]).toEqual([
      ["sub"],
      true,
    ]);
    expect(await rsync("--itemize-changes", "--checksum")).toEqual([0, ""]);
  });
});
