/**
 * The package managers as their users run them, through `login` and through `exec`: publish, install, and install by
 * the lock file with nothing cached. What each publishes is only in the mirror, so that no way past it goes unnoticed.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Lab, openLab } from "../mirror/login/support/mirror.js";
import { cliCommand } from "../support/cli.js";
import { runInProcess } from "../support/run-cli.js";

const TEAM = ["--domain", "tools", "--repository", "team"];
const INSTALLED = join(import.meta.dirname, "node_modules");
const PNPM = join(INSTALLED, `@pnpm/exe.linux-${process.arch}/pnpm`);
const BERRY = join(INSTALLED, "@yarnpkg/cli-dist/bin/yarn.js");

let lab: Lab;
let bin: string;
beforeAll(async () => {
  lab = await openLab();
  // The AWS SDK reads the environment of its process.
  for (const [name, value] of Object.entries(lab.env)) vi.stubEnv(name, value);
  bin = join(lab.home, "bin");
  mkdirSync(bin);
  symlinkSync(PNPM, join(bin, "pnpm"));
  symlinkSync(BERRY, join(bin, "yarn"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await lab?.close();
});

let project: string;
let count = 0;
beforeEach(() => {
  project = join(lab.home, `project-${count++}`);
  mkdirSync(project);
});
afterEach(() => mirror(["logout"]));

/** What the tools read beside what the login wrote: none of them has to wait a day for a new package. */
const environment = (): Record<string, string> => ({
  ...lab.env,
  // Debian's Python programs before any other.
  PATH: `${bin}:/usr/bin:/bin:${process.env.PATH}`,
  NO_COLOR: "1",
  npm_config_update_notifier: "false",
  pnpm_config_update_notifier: "false",
  pnpm_config_minimum_release_age: "0",
  pnpm_config_store_dir: join(project, "store"),
  YARN_ENABLE_TELEMETRY: "0",
  YARN_NODE_LINKER: "node-modules",
  YARN_NPM_MINIMAL_AGE_GATE: "0",
  YARN_GLOBAL_FOLDER: join(project, "berry"),
  YARN_CACHE_FOLDER: join(project, "cache"),
  // Debian's Yarn 1 finds its own libraries by this.
  NODE_PATH: "/usr/share/nodejs",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
  POETRY_VIRTUALENVS_CREATE: "false",
});

const mirror = (args: readonly string[]) => runInProcess(["mirror", ...args], { env: lab.env, cwd: lab.home });

async function logIn(tool: string): Promise<void> {
  const { code, stderr } = await mirror(["login", "--tool", tool, ...TEAM]);
  expect([stderr.replace(/^(?:in a project|to publish): .*\n/gm, ""), code]).toEqual(["", 0]);
}

/** @returns what it printed. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const options = { cwd: project, env: environment(), extendEnv: false, reject: false, all: true } as const;
  const { all, exitCode } = await execa(program, args, options);
  expect([all, exitCode]).toEqual([all, 0]);
  return all;
}

const exec = (...command: readonly string[]) => {
  const [program, args] = cliCommand(["mirror", "exec", ...TEAM, "--", ...command]);
  return run(program, ...args);
};

const write = (file: string, content: unknown) =>
  writeFileSync(join(project, file), typeof content === "string" ? content : JSON.stringify(content));
const read = (file: string) => readFileSync(join(project, file), "utf8");
const versionOf = (name: string) => JSON.parse(read(`node_modules/${name}/package.json`)).version;

/** Forgets all but the manifest and the lock file. */
function forget(): void {
  for (const each of ["node_modules", "store", "berry", "cache"])
    rmSync(join(project, each), { recursive: true, force: true });
}

/** A package that its own manager publishes, and a user of it. */
const made = (manager: string, version: string) => ({ name: `@acme/by-${manager}`, version, license: "MIT" });
const user = { name: "user", version: "1.0.0", private: true };
const start = (manifest: unknown) => {
  write("package.json", manifest);
  // Yarn 2 and later takes a directory for a project by its lock file.
  write("yarn.lock", "");
};

const MANAGERS = [
  {
    manager: "npm",
    tool: "npm",
    lock: "package-lock.json",
    publish: ["npm", "publish"],
    add: ["npm", "install"],
    again: ["npm", "ci"],
  },
  {
    manager: "pnpm",
    tool: "pnpm",
    lock: "pnpm-lock.yaml",
    publish: ["pnpm", "publish", "--no-git-checks"],
    add: ["pnpm", "add"],
    again: ["pnpm", "install", "--frozen-lockfile"],
  },
  {
    manager: "yarn-1",
    tool: "yarn",
    lock: "yarn.lock",
    publish: ["yarnpkg", "publish", "--non-interactive"],
    add: ["yarnpkg", "add", "--no-progress"],
    again: ["yarnpkg", "install", "--frozen-lockfile", "--no-progress"],
  },
  {
    manager: "yarn-4",
    tool: "yarn",
    lock: "yarn.lock",
    publish: ["yarn", "npm", "publish"],
    add: ["yarn", "add"],
    again: ["yarn", "install", "--immutable", "--check-cache"],
  },
] as const;

type Run = (program: string, ...args: readonly string[]) => Promise<string>;

describe.each(MANAGERS)("P-112 $manager", ({ manager, tool, lock, publish, add, again }) => {
  const { name } = made(manager, "");

  /** @returns all that was printed. */
  const through = async (way: Run, version: string) => {
    const [publisher, ...publishing] = publish;
    const [adder, ...adding] = add;
    const [installer, ...installing] = again;
    start(made(manager, version));
    if (manager === "yarn-4") await run("yarn", "install");
    let said = await way(publisher, ...publishing);
    start(user);
    said += await way(adder, ...adding, `${name}@${version}`, "left");
    expect([versionOf(name), versionOf("left")]).toEqual([version, "1.0.0"]);
    expect(read(lock)).toContain(name);
    forget();
    said += await way(installer, ...installing);
    expect([versionOf(name), versionOf("left")]).toEqual([version, "1.0.0"]);
    return said;
  };

  test("P-103 after login it publishes, installs, and installs by its lock file, which has no token and can be checked", async () => {
    await logIn(tool);
    await through(run, "1.0.0");
    const token = /_authToken=(\S+)/.exec(readFileSync(join(lab.home, ".npmrc"), "utf8"))?.[1] ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect(read(lock)).not.toContain(token);
    const { code, stdout } = await mirror(["check", join(project, lock), ...TEAM]);
    expect([code, stdout.replaceAll(/ +/g, " ").trimEnd().split("\n")]).toEqual([
      0,
      [`${name} 1.0.0 own, from team`, "left 1.0.0 from outside, public:npmjs by npm-store"],
    ]);
  });

  test("P-109 by exec it does the same, and nothing warns of a setting", async () => {
    expect(await through(exec, "1.1.0")).not.toMatch(/always-auth|unknown .*config/i);
    // The registry of the public has neither.
    await logIn("npm");
    expect(JSON.parse(await run("npm", "view", name, "versions", "--json"))).toEqual(["1.0.0", "1.1.0"]);
  });
});

test("P-108 npm deprecates a version, and the next install says so", async () => {
  await logIn("npm");
  write("package.json", { name: "@acme/old", version: "1.0.0", license: "MIT" });
  await run("npm", "publish");
  await run("npm", "deprecate", "@acme/old@1.x", "use @acme/new");
  write("package.json", user);
  expect(await run("npm", "install", "@acme/old")).toContain("npm warn deprecated @acme/old@1.0.0: use @acme/new");
});

describe("Python", () => {
  const pyproject = (version: string) =>
    [
      "[tool.poetry]",
      `name = "acme-poem"\nversion = "${version}"\ndescription = ""\nauthors = []`,
      '[tool.poetry.dependencies]\npython = ">=3.9"\noutside = "*"',
      '[[tool.poetry.source]]\nname = "team"\ndefault = true',
      `url = "${lab.mirror.url}/d/tools-123456789012/pypi/team/simple/"`,
      "",
    ].join("\n");
  const setUp = (version: string) => {
    write("pyproject.toml", pyproject(version));
    mkdirSync(join(project, "acme_poem"), { recursive: true });
    write("acme_poem/__init__.py", "");
  };

  test("Poetry publishes by login and by exec, locks without a token, and pip installs both by their hashes", async () => {
    await logIn("poetry");
    setUp("1.0");
    await run("poetry", "publish", "--build", "-r", "team", "--no-interaction");
    const auth = readFileSync(join(lab.home, ".config/pypoetry/auth.toml"), "utf8");
    await run("poetry", "lock", "--no-interaction");
    const [, token = ""] = /password = "(.+)"/.exec(auth) ?? [];
    expect(token.length).toBeGreaterThan(20);
    expect(read("poetry.lock")).toContain("outside-1.0-py3-none-any.whl");
    expect(read("poetry.lock")).not.toContain(token);
    const checked = await mirror(["check", join(project, "poetry.lock"), ...TEAM]);
    expect([checked.code, checked.stdout]).toEqual([
      0,
      expect.stringMatching(/^outside 1\.0 +from outside, public:pypi by store\n$/),
    ]);
    await mirror(["logout"]);
    setUp("1.1");
    await exec("poetry", "publish", "--build", "-r", "team", "--no-interaction");

    await logIn("pip");
    const report = JSON.parse(
      await run("/usr/bin/pip", "install", "--dry-run", "-q", "--ignore-installed", "--report", "-", "acme-poem"),
    );
    const locked = report.install.map(
      (each: { metadata: { name: string; version: string }; download_info: { archive_info: { hash: string } } }) =>
        `${each.metadata.name}==${each.metadata.version} --hash=${each.download_info.archive_info.hash.replace("=", ":")}`,
    );
    expect(locked.sort().map((line: string) => line.split(" ")[0])).toEqual(["acme-poem==1.1", "outside==1.0"]);
    write("requirements.txt", `${locked.join("\n")}\n`);
    await run("/usr/bin/pip", "install", "-q", "--require-hashes", "-r", "requirements.txt", "--target", "got");
    expect(await run("/usr/bin/pip", "list", "--path", "got", "--format", "freeze")).toBe(
      "acme-poem==1.1\noutside==1.0",
    );
    expect(await run("/usr/bin/pip", "index", "versions", "acme-poem")).toContain("Available versions: 1.1, 1.0");
  });

  test("P-15 twine publishes by login and by exec", async () => {
    setUp("2.0");
    await run("poetry", "build", "-f", "wheel");
    await logIn("twine");
    await run("twine", "upload", "--disable-progress-bar", "-r", "codeartifact", "dist/acme_poem-2.0-py3-none-any.whl");
    await mirror(["logout"]);
    setUp("2.1");
    await run("poetry", "build", "-f", "sdist");
    await exec("twine", "upload", "--disable-progress-bar", "dist/acme_poem-2.1.tar.gz");
    expect(await exec("/usr/bin/pip", "index", "versions", "acme-poem")).toContain("Available versions: 2.1, 2.0");
  });
});
