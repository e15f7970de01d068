import { chmod, chown, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../config/load.js";

let root: string;
let home: string;
let project: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "sallyport-config-")));
  home = join(root, "home");
  project = join(home, "code/project");
  await mkdir(join(home, ".config/sallyport"), { recursive: true });
  await mkdir(join(project, "deep/down"), { recursive: true });
});

afterEach(() => rm(root, { recursive: true }));

const userFile = (text: string) => writeFile(join(home, ".config/sallyport/config.yaml"), text);
const projectFile = (text: string) => writeFile(join(project, "sallyport.yaml"), text);
const load = (options: Partial<Parameters<typeof loadConfig>[0]> = {}) =>
  loadConfig({ cwd: project, ...options, env: { HOME: home, ...options.env } });

describe("layers", () => {
  test("without any file or variable the defaults hold, and all of them are there", async () => {
    const { config, origins, projectDir, warnings } = await load();
    expect(config).toEqual({
      name: "sallyport",
      accelerators: {},
      autostop: false,
      boot_timeout: "420s",
      spot: false,
      region: "us-east-1",
      instance_type: "f2.6xlarge",
      ami: "ubuntu-24.04",
      count: 1,
      allow_ports: [22, 80, 443],
      caller: "auto",
      key_pair: "sallyport",
      key_type: "rsa",
      ssl_cert_crt: join(home, ".ssh/sallyport.crt"),
      ssl_cert_key: join(home, ".ssh/sallyport.key"),
      ssl_cert_generate: true,
      ssl_cert_names: [],
      auth: "token",
      auth_token_file: join(home, ".ssh/sallyport.token"),
      authorized_host_dirs: [{ path: "~/shared", mode: "rw", name: "shared" }],
      serve_addresses: false,
      buckets: [],
      tags: {},
    });
    expect(new Set(Object.values(origins).map(({ where }) => where))).toEqual(new Set(["built in"]));
    expect(projectDir).toBe(project);
    expect(warnings).toEqual([]);
  });

  test("S-12: each layer wins over the one below it, and says where it stands", async () => {
    const steps: [string, () => Promise<unknown> | unknown, string, string][] = [];
    const env: Record<string, string> = {};
    const flags: Record<string, string> = {};
    steps.push(["default", () => {}, "us-east-1", "built in"]);
    // S-12: where no variable and no layer of the kit's own says more.
    await mkdir(join(home, ".aws"));
    const config = "[default]\nregion = eu-central-1\n[profile dev]\nregion=eu-central-2 # near\n";
    const profile = () => writeFile(join(home, ".aws/config"), config);
    steps.push(["default", profile, "eu-central-1", "profile default in ~/.aws/config"]);
    const dev = () => Object.assign(env, { AWS_PROFILE: "dev" });
    steps.push(["default", dev, "eu-central-2", "profile dev in ~/.aws/config"]);
    steps.push([
      "default",
      () => Object.assign(env, { AWS_DEFAULT_REGION: "eu-west-1" }),
      "eu-west-1",
      "AWS_DEFAULT_REGION",
    ]);
    steps.push(["default", () => Object.assign(env, { AWS_REGION: "eu-west-2" }), "eu-west-2", "AWS_REGION"]);
    steps.push([
      "user",
      () => userFile("# mine\nregion: eu-west-3\n"),
      "eu-west-3",
      "~/.config/sallyport/config.yaml:2:1",
    ]);
    steps.push(["project", () => projectFile("{count: 2, region: eu-north-1}"), "eu-north-1", "sallyport.yaml:1:12"]);
    steps.push(["env", () => Object.assign(env, { SALLYPORT_REGION: "us-west-1" }), "us-west-1", "SALLYPORT_REGION"]);
    steps.push(["flag", () => Object.assign(flags, { region: "us-west-2" }), "us-west-2", "--region"]);
    for (const [layer, add, value, where] of steps) {
      await add();
      const { config, origins } = await load({ env, flags });
      expect([config.region, origins.region]).toEqual([value, { layer, where }]);
    }
  });

  test("a variable or a flag that is empty or undefined leaves the layer below in force", async () => {
    await projectFile("region: eu-west-3\n");
    const { config } = await load({ env: { SALLYPORT_REGION: "" }, flags: { region: undefined } });
    expect(config.region).toBe("eu-west-3");
  });

  test("text from variables becomes numbers, booleans, lists and tags", async () => {
    const { config } = await load({
      env: {
        SALLYPORT_COUNT: "3",
        SALLYPORT_ALLOW_PORTS: "22, 443",
        SALLYPORT_CALLER: "203.0.113.7, 2001:db8::/64",
        SALLYPORT_SSL_CERT_CRT: "false",
        SALLYPORT_AUTHORIZED_HOST_DIRS: "~/shared,/data:ro",
        SALLYPORT_TAGS: "owner=me,note=a=b",
      },
    });
    expect(config).toMatchObject({
      count: 3,
      allow_ports: [22, 443],
      caller: ["203.0.113.7", "2001:db8::/64"],
      ssl_cert_crt: false,
      authorized_host_dirs: [
        { path: "~/shared", mode: "rw", name: "shared" },
        { path: "/data", mode: "ro", name: "data" },
      ],
      tags: { owner: "me", note: "a=b" },
    });
  });

  test("a list replaces the list below it; the two are never mixed", async () => {
    await userFile("allow_ports: [22, 80, 443]\ntags: {owner: me}\n");
    await projectFile("allow_ports: [443]\ntags: {team: fpga}\n");
    const { config } = await load();
    expect(config).toMatchObject({ allow_ports: [443], tags: { team: "fpga" } });
    expect(config.tags).not.toHaveProperty("owner");
  });
});

describe("files", () => {
  test("the project file is found from any directory below it", async () => {
    await projectFile("count: 4\n");
    const cwd = join(project, "deep/down");
    const { config, origins, projectDir } = await load({ cwd });
    expect([config.count, projectDir, origins.count.where]).toEqual([4, project, "~/code/project/sallyport.yaml:1:1"]);
  });

  test("the nearest project file is the only one that counts", async () => {
    await projectFile("count: 4\nregion: eu-west-1\n");
    await writeFile(join(project, "deep/sallyport.yaml"), "count: 5\n");
    const { config } = await load({ cwd: join(project, "deep/down") });
    expect([config.count, config.region]).toEqual([5, "us-east-1"]);
  });

  test("a file given by name is read in place of the one that would be found", async () => {
    await projectFile("count: 4\n");
    await writeFile(join(project, "deep/other.yaml"), "count: 6\nauth_token_file: token\n");
    const { config, projectDir } = await load({ file: "deep/other.yaml" });
    expect([config.count, projectDir]).toEqual([6, join(project, "deep")]);
    expect(config.auth_token_file).toBe(join(project, "deep/token"));
  });

  test("a file given by name has to be there", async () => {
    await expect(load({ file: "none.yaml" })).rejects.toMatchObject({
      message: 'there is no configuration file "none.yaml"',
      hint: 'write one with "sallyport config init"',
      exit: 2,
    });
  });

  test("a directory in its place is reported, not a crash", async () => {
    await mkdir(join(project, "sallyport.yaml"));
    await expect(load()).rejects.toMatchObject({
      message: `cannot read the configuration file "${join(project, "sallyport.yaml")}": EISDIR`,
      exit: 2,
    });
  });

  test("an unreadable file is an error, never the same as no file", async () => {
    await projectFile("count: 4\n");
    await chmod(join(project, "sallyport.yaml"), 0o000);
    // Root reads every file: be somebody else for a moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) {
      for (const path of [join(project, ".."), project]) await chmod(path, 0o755);
      process.seteuid?.(65534);
    }
    try {
      await expect(load()).rejects.toMatchObject({ code: "config/file-unreadable", exit: 2 });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test("a stranger's file further up does not open anybody's hosts to the stranger", async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip("only root can give a file to another user");
    await projectFile("caller: 198.51.100.66\n");
    await chown(join(project, "sallyport.yaml"), 54321, 54321);
    await expect(load({ cwd: join(project, "deep") })).rejects.toMatchObject({
      code: "config/foreign-file",
      message: `the configuration file "${join(project, "sallyport.yaml")}" belongs to another user (uid 54321)`,
    });
    await expect(load({ cwd: join(project, "deep"), file: "../sallyport.yaml" })).resolves.toMatchObject({
      config: { caller: ["198.51.100.66"] },
    });
  });

  test("XDG_CONFIG_HOME moves the user file; a relative one is ignored", async () => {
    await mkdir(join(root, "xdg/sallyport"), { recursive: true });
    await writeFile(join(root, "xdg/sallyport/config.yaml"), "count: 7\n");
    await userFile("count: 8\n");
    expect((await load({ env: { XDG_CONFIG_HOME: join(root, "xdg") } })).config.count).toBe(7);
    expect((await load({ env: { XDG_CONFIG_HOME: "xdg" } })).config.count).toBe(8);
  });

  test("relative paths belong to the file that says them, ~ to the caller's home", async () => {
    await userFile("ssl_cert_crt: tls/a.crt\nssl_cert_key: ~/keys/a.key\n");
    await projectFile("auth_token_file: ./token\n");
    const { config } = await load({ cwd: join(project, "deep") });
    expect(config.ssl_cert_crt).toBe(join(home, ".config/sallyport/tls/a.crt"));
    expect(config.ssl_cert_key).toBe(join(home, "keys/a.key"));
    expect(config.auth_token_file).toBe(join(project, "token"));
  });

  test("an empty file, and one of comments only, say nothing", async () => {
    await projectFile("");
    await userFile("# nothing yet\n");
    expect((await load()).config.count).toBe(1);
  });
});

describe("directories on the host", () => {
  test("their forms mean the same, and ~ is left to the host", async () => {
    await projectFile(
      "authorized_host_dirs: ['~/shared/', '/data//in:ro', {path: /out}, {path: '~', mode: ro, name: home}]\n",
    );
    expect((await load()).config.authorized_host_dirs).toEqual([
      { path: "~/shared", mode: "rw", name: "shared" },
      { path: "/data/in", mode: "ro", name: "in" },
      { path: "/out", mode: "rw", name: "out" },
      { path: "~", mode: "ro", name: "home" },
    ]);
  });
});

describe("warnings", () => {
  test.each([
    [
      "ssl_cert_generate: false",
      [
        "sallyport.yaml:1:1: ssl_cert_generate: false does not mean plain HTTP, only that the certificate must exist; for plain HTTP write ssl_cert_crt: false",
      ],
    ],
    [
      "ssl_cert_crt: false",
      [
        "sallyport.yaml:1:1: ssl_cert_crt is false: plain HTTP, everything that is sent can be read and changed on the way",
        "sallyport.yaml:1:1: the bearer token travels in clear text too",
      ],
    ],
    ["auth: none", ["sallyport.yaml:1:1: auth is none: whoever reaches the hosts can use them without a token"]],
    ["allow_ports: [22]", ["sallyport.yaml:1:1: allow_ports has no 443: nobody will reach the hosts' files and API"]],
    [
      "authorized_host_dirs: [/data, '/data/in:ro']",
      ['authorized_host_dirs: "/data/in" is read-only, but can be written through "/data"'],
    ],
    ["ssl_cert_crt: a.crt\nssl_cert_key: a.key\nssl_cert_generate: false", []],
  ])("%j", async (text, expected) => {
    await projectFile(text);
    expect((await load()).warnings).toEqual(expected);
  });

  test("a variable that nothing reads is named, with the one that was meant", async () => {
    const env = { SALLYPORT_REGOIN: "x", SALLYPORT_QUUX: "x", SALLYPORT_CALLER_SERVICES: "x", SALLYPORT_EMPTY: "" };
    expect((await load({ env })).warnings).toEqual([
      'unknown variable "SALLYPORT_REGOIN" is ignored; did you mean "SALLYPORT_REGION"?',
      'unknown variable "SALLYPORT_QUUX" is ignored',
    ]);
  });
});
