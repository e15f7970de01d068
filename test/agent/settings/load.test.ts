import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { closeRoots, openRoots } from "../../../agent/guard/roots.js";
import { loadConfig, loadKeyPair, loadToken } from "../../../agent/settings/load.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import type { HostDir } from "../../../agent/settings/schema.js";
import { Fault } from "../../../base/fault.js";
import { VERSION } from "../../../base/version.js";
import packageJson from "../../../package.json" with { type: "json" };
import { run } from "../../support/run.js";
import { makeCertificate } from "../support/certificate.js";

const MINIMAL = "name: host-1\ntls: false\n";
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sallyport-settings-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What a user sees, with the test's own directory taken out. */
const said = async (call: () => unknown): Promise<string> => {
  try {
    await call();
    return "nothing";
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`.replaceAll(dir, "DIR");
  }
};

describe("agent.yaml", () => {
  test("with the least in it has every default", () => {
    expect(parseConfig(MINIMAL, "agent.yaml")).toEqual({
      name: "host-1",
      listen: { address: "::", https_port: 443, http_port: 80 },
      tls: false,
      auth: "token",
      token: "credential:token",
      authorized_host_dirs: [{ name: "shared", path: "~/shared", mode: "rw" }],
      max_upload_bytes: 107_374_182_400,
      serve_addresses: false,
      accelerators: {},
      jobs_dir: "~/jobs",
      keep_jobs_seconds: 86_400,
      limits: {
        connections: 1_024,
        connections_per_address: 512,
        handshakes: 128,
        handshake_ms: 10_000,
        headers_ms: 15_000,
        idle_ms: 60_000,
        keep_alive_ms: 30_000,
        min_body_rate: 1_024,
      },
    });
  });

  test.each([
    ["lisen: {}", 'unknown key "lisen" in "agent.yaml"\n  did you mean "listen"?'],
    [
      "listen: { https-port: 1 }",
      'unknown key "listen.https-port" in "agent.yaml"\n  did you mean "listen.https_port"?',
    ],
    [
      "bananas: 1",
      'unknown key "bananas" in "agent.yaml"\n  known keys here: name, listen, tls, auth, token, authorized_host_dirs, max_upload_bytes, serve_addresses, accelerators, jobs_dir, keep_jobs_seconds, autostop, limits, secrets',
    ],
    ["auth: tokens", 'auth in "agent.yaml" is "tokens"\n  write "token" or "none"'],
    ["listen: { https_port: 70000 }", 'listen.https_port in "agent.yaml" is "70000"\n  write a port, 1 to 65535'],
    [
      "listen: { http_port: true }",
      'listen.http_port in "agent.yaml" is "true"\n  write a port, 1 to 65535, or false for none',
    ],
    [
      "authorized_host_dirs: [{ name: ../x, path: /x }]",
      'authorized_host_dirs.0.name in "agent.yaml" is "../x"\n  write up to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit',
    ],
    [
      "authorized_host_dirs: [{ name: x }]",
      '"agent.yaml" has no "authorized_host_dirs.0.path"\n  add "authorized_host_dirs.0.path:"',
    ],
    [
      "authorized_host_dirs: [{ name: x, path: /x, mode: w }]",
      'authorized_host_dirs.0.mode in "agent.yaml" is "w"\n  write "rw" or "ro"',
    ],
    [
      "authorized_host_dirs: [{ name: x, path: /x }, { name: x, path: /y }]",
      'two authorized directories are named "x"\n  give one another "name"',
    ],
    [
      "authorized_host_dirs: /x",
      'authorized_host_dirs in "agent.yaml" is "/x"\n  write a list of { name, path, mode }',
    ],
    [
      "max_upload_bytes: 0",
      'max_upload_bytes in "agent.yaml" is "0"\n  write the largest file that may be uploaded, in bytes',
    ],
    [
      "accelerators: { x: { timeout_seconds: 5 } }",
      'accelerators.x has none of "builtin", "command" and "filter"\n  give it exactly one of them',
    ],
    [
      "accelerators: { x: { builtin: gzip, filter: [tr, a, b] } }",
      'accelerators.x has 2 of "builtin", "command" and "filter"\n  give it exactly one of them',
    ],
    [
      "accelerators: { x: { command: [./run] } }",
      'accelerators.x runs "./run", which is a relative path\n  write a path from "/", or the name of a program in PATH',
    ],
    [
      "accelerators: { x: { builtin: zip } }",
      'accelerators.x.builtin in "agent.yaml" is "zip"\n  write "gzip" or "sha3"',
    ],
    ["accelerators: { x: { filter: [] } }", 'accelerators.x.filter in "agent.yaml" is "[]"\n  write a list of words'],
    [
      "a: [",
      '"agent.yaml" line 4 is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])("%s is an error that says what to write", async (line, text) => {
    expect(await said(() => parseConfig(`${MINIMAL}${line}\n`, "agent.yaml"))).toBe(text);
  });

  test("without what it needs says what to add", async () => {
    expect(await said(() => parseConfig("", "agent.yaml"))).toBe('"agent.yaml" has no "name"\n  add "name:"');
    expect(await said(() => parseConfig("name: x\ntls: { crt: /x }", "agent.yaml"))).toBe(
      'unknown key "tls.crt" in "agent.yaml"\n  did you mean "tls.cert"?',
    );
    expect(await said(() => parseConfig("- a", "agent.yaml"))).toBe(
      'the document in "agent.yaml" is "[\\"a\\"]"\n  write a mapping',
    );
  });

  test("that is not there, or not readable, is one clear line", async () => {
    expect(await said(() => loadConfig(join(dir, "none.yaml")))).toBe(
      'there is no configuration file "DIR/none.yaml"\n  name one with --config FILE',
    );
    expect(await said(() => loadConfig(dir))).toBe('configuration file "DIR" cannot be read (EISDIR)');
  });
});

describe("secrets", () => {
  const env = () => ({ CREDENTIALS_DIRECTORY: dir, HOME: dir });
  const config = (yaml: string) => parseConfig(`name: h\n${yaml}`, "agent.yaml");

  test("come from files, from ~ or from the unit's credentials", async () => {
    const pair = makeCertificate();
    writeFileSync(join(dir, "tls.crt"), pair.cert);
    writeFileSync(join(dir, "tls.key"), pair.key);
    writeFileSync(join(dir, "token"), "0123456789abcdef\n");
    const loaded = config("tls: { cert: ~/tls.crt, key: 'credential:tls.key' }");
    expect(await loadKeyPair(loaded, env())).toEqual(pair);
    expect(await loadToken(loaded, env())).toBe("0123456789abcdef");
  });

  test.each([
    ["credential:nothing", 'token: there is no file "DIR/nothing"'],
    ["relative/token", 'token is "relative/token", which is a relative path\n  write a path from "/" or from "~/"'],
    [
      "~/short",
      'token: "DIR/short" does not hold a token\n  write one line of 16 to 1024 letters, digits and - . _ ~ + /',
    ],
    [
      "~/empty",
      'token: "DIR/empty" does not hold a token\n  write one line of 16 to 1024 letters, digits and - . _ ~ + /',
    ],
    ["~", 'token: "DIR" cannot be read (EISDIR)\n  make it readable for the user that the agent runs as'],
  ])("token: %s is an error that says what to do", async (token, text) => {
    writeFileSync(join(dir, "short"), "abc");
    writeFileSync(join(dir, "empty"), "");
    expect(await said(() => loadToken(config(`tls: false\ntoken: "${token}"`), env()))).toBe(text);
  });

  test("a credential outside systemd says so", async () => {
    expect(await said(() => loadToken(config("tls: false"), {}))).toBe(
      '"credential:token" names a systemd credential, but CREDENTIALS_DIRECTORY is not set\n' +
        "  run under the systemd unit (LoadCredential=), or write the path of a file",
    );
    expect(await said(() => loadToken(config("tls: false\ntoken: ~/x"), {}))).toBe(
      '"~/x" begins with "~", but HOME is not set\n  write an absolute path',
    );
  });

  test("a key that is not the certificate's is refused", async () => {
    writeFileSync(join(dir, "a.crt"), makeCertificate().cert);
    writeFileSync(join(dir, "b.key"), makeCertificate().key);
    const text = await said(() => loadKeyPair(config("tls: { cert: ~/a.crt, key: ~/b.key }"), env()));
    expect(text).toBe(
      'certificate "DIR/a.crt" and key "DIR/b.key" do not make a pair\n' +
        "  give the certificate and the very key it was issued for, both as PEM",
    );
  });

  test("auth: none needs no token", async () => {
    expect(await loadToken(config("tls: false\nauth: none"), {})).toBeUndefined();
  });
});

describe("authorized directories", () => {
  const dirs = (...list: Array<[string, "rw" | "ro"]>): HostDir[] =>
    list.map(([path, mode], index) => ({ name: `d${index}`, path, mode }));
  const open = (...list: Array<[string, "rw" | "ro"]>) => {
    const roots = openRoots(dirs(...list), { HOME: join(dir, "home") });
    closeRoots(roots);
    return roots.map(({ name, path, mode }) => ({ name, path: path.replaceAll(dir, "DIR"), mode }));
  };

  test("under the home directory are made, others must be there", async () => {
    expect(open(["~/shared/deep", "rw"])).toEqual([{ name: "d0", path: "DIR/home/shared/deep", mode: "rw" }]);
    expect(await said(() => open([join(dir, "none"), "rw"]))).toBe(
      'authorized directory "DIR/none" does not exist\n  make it, or remove the entry',
    );
  });

  test("may be named through a link, which is followed once, at start", () => {
    mkdirSync(join(dir, "real"), { recursive: true });
    symlinkSync("real", join(dir, "alias"));
    expect(open([join(dir, "alias"), "ro"])[0]?.path).toBe("DIR/real");
  });

  test("are not files, not relative, and never the whole machine", async () => {
    writeFileSync(join(dir, "plain"), "");
    symlinkSync("/", join(dir, "slash"));
    expect(await said(() => open([join(dir, "plain"), "rw"]))).toBe(
      'authorized directory "DIR/plain" is not a directory',
    );
    expect(await said(() => open(["shared", "rw"]))).toBe(
      'authorized_host_dirs is "shared", which is a relative path\n  write a path from "/" or from "~/"',
    );
    const whole = 'authorized directory "/" would authorize the whole machine\n  name a directory below it';
    expect(await said(() => open(["/", "ro"]))).toBe(whole);
    expect(await said(() => open([join(dir, "slash"), "ro"]))).toBe(whole);
  });

  test("ro inside rw is refused: it could be written through the other; beside it, it is not inside", async () => {
    mkdirSync(join(dir, "tree/inner"), { recursive: true });
    mkdirSync(join(dir, "tree-beside"), { recursive: true });
    expect(await said(() => open([join(dir, "tree"), "rw"], [join(dir, "tree/inner"), "ro"]))).toBe(
      'authorized directory "DIR/tree/inner" is "ro", but lies in "DIR/tree", which is "rw"\n' +
        "  set both to the same mode, or move one",
    );
    expect(open([join(dir, "tree"), "rw"], [join(dir, "tree-beside"), "ro"])).toHaveLength(2);
    expect(open([join(dir, "tree"), "ro"], [join(dir, "tree/inner"), "rw"])).toHaveLength(2);
  });

  test("that the user may not use are an error at start, not at the first upload", async (ctx) => {
    const closed = join(dir, "closed");
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    if (process.getuid?.() === 0) {
      // Modes do not bind root; the immutable attribute does.
      const { exitCode, stderr } = await run("chattr", ["+i", closed]);
      if (exitCode !== 0) return ctx.skip(`this file system has no immutable attribute: ${stderr}`);
      onTestFinished(async () => void (await run("chattr", ["-i", closed])));
    }
    expect(await said(() => open([closed, "rw"]))).toBe(
      'authorized directory "DIR/closed" cannot be written by this user\n  give the user write permission, or set "mode: ro"',
    );
  });
});

test("the agent's version is the package's", () => {
  expect(VERSION).toBe(packageJson.version);
});
