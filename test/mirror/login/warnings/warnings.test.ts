import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoginTool } from "../../../../mirror/login/tool.js";
import { changesFor } from "../../../../mirror/login/tools.js";
import { besideMirror, warningsFor } from "../../../../mirror/login/warnings/warnings.js";

const HOST = "https://tools-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
const endpointOf = (tool: LoginTool) => `${HOST}/${["npm", "pnpm", "yarn"].includes(tool) ? "npm" : "pypi"}/team/`;
const NPM = endpointOf("npm");
const KEY = NPM.replace("https:", "");

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sallyport-warnings-"));
  await mkdir(join(root, "home/project/src"), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

interface Case {
  readonly tool: LoginTool;
  readonly scope?: string;
  /** By path below the home. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly endpoint?: string;
}

/** The warnings, with the home as ~. */
async function warned({ tool, scope, files = {}, env: more = {}, endpoint = endpointOf(tool) }: Case) {
  const home = join(root, "home");
  const expanded = Object.entries(more).map(([name, value]) => [name, value.replace("~", home)]);
  const env = { HOME: home, XDG_CONFIG_DIRS: join(home, "xdg"), ...Object.fromEntries(expanded) };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
  const access = { tool, token: "t", name: "team", endpoint };
  const written = changesFor(access, env).map(({ file }) => file);
  const lines = await warningsFor({
    tool,
    endpoint,
    scope,
    name: "team",
    files: written,
    env,
    cwd: join(home, "project/src"),
  });
  return lines.map((line) => line.replaceAll(home, "~"));
}

const MANIFEST = { "project/package.json": '{"name": "p"}' };
const EXTRA = "pip asks that index too, and takes the highest version of both";
const BEFORE = "takes it before the login's";

test.each<[string, Case, string[]]>([
  // pip
  ["nothing", { tool: "pip" }, []],
  ["its own file", { tool: "pip", files: { ".config/pip/pip.conf": "[global]\nindex-url = https://old/\n" } }, []],
  [
    "a second index in the old place",
    { tool: "pip", files: { ".pip/pip.conf": "[global]\nextra_index_url = https://e/\n" } },
    [`"~/.pip/pip.conf" has extra-index-url in [global]: ${EXTRA}`],
  ],
  [
    "links in the machine's file",
    { tool: "pip", files: { "xdg/pip/pip.conf": "[install]\nfind-links = /wheels\n" } },
    [
      '"~/xdg/pip/pip.conf" has find-links in [install]: pip takes packages from there too, and the highest version of all',
    ],
  ],
  [
    "an index in the machine's file, which ours overrides",
    { tool: "pip", files: { "xdg/pip/pip.conf": "[global]\nindex-url = https://m/\n" } },
    [],
  ],
  [
    "an index of one command, anywhere",
    { tool: "pip", files: { "xdg/pip/pip.conf": "[download]\nindex-url = https://m/\n" } },
    [`"~/xdg/pip/pip.conf" has index-url in [download]: pip ${BEFORE}`],
  ],
  [
    "an index in the virtual environment of the project",
    { tool: "pip", files: { "project/src/.venv/pip.conf": "[global]\nindex-url = https://v/\n" } },
    [`"~/project/src/.venv/pip.conf" has index-url in [global]: pip ${BEFORE}`],
  ],
  [
    "no index in the active environment",
    { tool: "pip", env: { VIRTUAL_ENV: "~/v" }, files: { "v/pip.conf": "[global]\nno-index = true\n" } },
    ['"~/v/pip.conf" has no-index in [global]: pip asks no index, the mirror neither'],
  ],
  ["no-index = false", { tool: "pip", files: { ".pip/pip.conf": "[global]\nno-index = false\n" } }, []],
  [
    "a file that a variable names: pip then reads none of the user, and it counts last",
    {
      tool: "pip",
      env: { PIP_CONFIG_FILE: "~/own.conf", CONDA_PREFIX: "~/c" },
      files: { ".pip/pip.conf": "[global]\nno-index = 1\n", "c/pip.conf": "[global]\nindex-url = https://c/\n" },
    },
    [],
  ],
  [
    "variables",
    {
      tool: "pip",
      env: { PIP_INDEX_URL: "https://i/", PIP_NO_INDEX: "1", PIP_FIND_LINKS: "/w", PIP_EXTRA_INDEX_URL: "" },
    },
    [
      `PIP_INDEX_URL is set: pip ${BEFORE}`,
      "PIP_FIND_LINKS is set: pip takes packages from there too, and the highest version of all",
      "PIP_NO_INDEX is set: pip asks no index, the mirror neither",
    ],
  ],
  // uv
  [
    "a project's uv.toml, before [tool.uv] beside it",
    {
      tool: "uv",
      files: {
        "project/uv.toml": 'no-index = true\n[[index]]\nname = "own"\nurl = "https://o/"\ndefault = true\n',
        "project/pyproject.toml": '[tool.uv]\nindex-url = "https://p/"\n',
      },
    },
    [
      '"~/project/uv.toml" has no-index: uv asks no index, the mirror neither',
      `"~/project/uv.toml" has the index own as its default: uv ${BEFORE}`,
    ],
  ],
  [
    "[tool.uv], with an index that is only for what is pinned to it",
    {
      tool: "uv",
      files: {
        "project/pyproject.toml":
          '[[tool.uv.index]]\nurl = "https://a/"\n[[tool.uv.index]]\nurl = "https://b/"\nexplicit = true\n[tool.uv.pip]\nfind-links = ["/w"]\n',
      },
    },
    [
      '"~/project/pyproject.toml" has pip.find-links: uv takes packages from there too',
      '"~/project/pyproject.toml" has the index https://a/: uv asks that index too, and first',
    ],
  ],
  [
    "the machine's file, the user's, and variables",
    {
      tool: "uv",
      env: { UV_NO_CONFIG: "1" },
      files: {
        "xdg/uv/uv.toml": 'extra-index-url = ["https://x/"]\n',
        ".config/uv/uv.toml": '[[index]]\nurl = "https://u/"\n',
      },
    },
    [
      "UV_NO_CONFIG is set: uv reads no files, the login's neither",
      '"~/.config/uv/uv.toml" has the index https://u/: uv asks that index too, and first',
      '"~/xdg/uv/uv.toml" has extra-index-url: uv asks that index too, and first',
    ],
  ],
  [
    "a file that UV_CONFIG_FILE names, which is then the only one",
    { tool: "uv", env: { UV_CONFIG_FILE: "~/uv.toml" }, files: { "project/uv.toml": "no-index = true\n" } },
    [],
  ],
  // npm and pnpm
  [
    "a project's .npmrc with a registry and a token for the mirror",
    {
      tool: "npm",
      files: { ...MANIFEST, "project/.npmrc": `registry=https://r/\n${KEY}:_authToken=old\n@x:registry=https://x/\n` },
    },
    [
      `"~/project/.npmrc" has registry: npm ${BEFORE}`,
      `"~/project/.npmrc" has _authToken for the mirror: npm takes it before the login's token`,
    ],
  ],
  [
    "the mirror itself",
    {
      tool: "npm",
      env: { npm_config_registry: NPM.slice(0, -1) },
      files: { "project/src/.npmrc": `registry=${NPM}\n` },
    },
    [],
  ],
  [
    "the login's scope in a workspace",
    {
      tool: "npm",
      scope: "@x",
      env: { NPM_CONFIG_REGISTRY: "https://r/" },
      files: {
        "package.json": '{"workspaces": ["project"]}',
        ...MANIFEST,
        ".npmrc": "@x:registry=https://own/\n",
        "project/.npmrc": "@x:registry=https://x/\n",
      },
    },
    [`"~/project/.npmrc" has @x:registry: npm ${BEFORE}`],
  ],
  [
    "variables of npm",
    { tool: "npm", env: { NPM_CONFIG_REGISTRY: "https://r/" } },
    [`NPM_CONFIG_REGISTRY is set: npm ${BEFORE}`],
  ],
  [
    "pnpm's own files and variables",
    {
      tool: "pnpm",
      env: { pnpm_config_registry: "https://r/" },
      files: {
        ...MANIFEST,
        ".config/pnpm/auth.ini": "registry=https://a/\n",
        ".config/pnpm/config.yaml": "registry: https://c/\n",
        "project/pnpm-workspace.yaml": "registries:\n  default: https://w/\n  '@x': https://x/\n",
      },
    },
    [
      `pnpm_config_registry is set: pnpm ${BEFORE}`,
      `"~/.config/pnpm/auth.ini" has registry: pnpm ${BEFORE}`,
      `"~/.config/pnpm/config.yaml" has registry: pnpm ${BEFORE}`,
      `"~/project/pnpm-workspace.yaml" has registries.default: pnpm ${BEFORE}`,
    ],
  ],
  // Yarn
  [
    "a project's files of both Yarns",
    {
      tool: "yarn",
      env: { YARN_REGISTRY: "https://y/" },
      files: { "project/.yarnrc": 'registry "https://o/"\n', "project/.yarnrc.yml": "npmRegistryServer: https://b/\n" },
    },
    [
      `YARN_REGISTRY is set: Yarn 1 ${BEFORE}`,
      `"~/project/.yarnrc" has registry: Yarn 1 ${BEFORE}`,
      `"~/project/.yarnrc.yml" has npmRegistryServer: Yarn 2 and later ${BEFORE}`,
    ],
  ],
  [
    "the login's scope",
    {
      tool: "yarn",
      scope: "@x",
      files: {
        "project/.yarnrc.yml": "npmRegistryServer: https://b/\nnpmScopes: {x: {npmRegistryServer: 'https://x/'}}\n",
      },
    },
    [`"~/project/.yarnrc.yml" has npmScopes.x.npmRegistryServer: Yarn 2 and later ${BEFORE}`],
  ],
  // Poetry and twine
  [
    "a source of that name elsewhere, and a project's own settings",
    {
      tool: "poetry",
      env: { POETRY_HTTP_BASIC_TEAM_PASSWORD: "p" },
      files: {
        "project/pyproject.toml": '[[tool.poetry.source]]\nname = "team"\nurl = "https://t/simple/"\n',
        "project/poetry.toml": '[repositories.team]\nurl = "https://p/"\n',
      },
    },
    [
      "POETRY_HTTP_BASIC_TEAM_PASSWORD is set: Poetry takes it before the login's",
      '"~/project/pyproject.toml" has a source "team" that is not the mirror: Poetry sends the token there; log in with another --name',
      `"~/project/poetry.toml" has repositories.team: Poetry ${BEFORE}`,
    ],
  ],
  [
    "variables of twine",
    { tool: "twine", env: { TWINE_REPOSITORY_URL: "https://t/", TWINE_PASSWORD: "p" } },
    ["TWINE_REPOSITORY_URL is set: twine publishes there, whatever -r says", `TWINE_PASSWORD is set: twine ${BEFORE}`],
  ],
  // What the tool itself refuses.
  [
    "files that cannot be read",
    { tool: "pnpm", files: { ".config/pnpm/config.yaml": "a: [", "project/src/.npmrc": "\u0000" } },
    [],
  ],
])("P-106 %s", async (_what, given, lines) => {
  expect(await warned(given)).toEqual(lines);
});

test("P-106 exec warns of what pip and uv ask beside the mirror, and not of indexes that its variables override", async () => {
  const home = join(root, "home");
  const env = { HOME: home, XDG_CONFIG_DIRS: join(home, "xdg"), PIP_INDEX_URL: "https://i/", UV_NO_INDEX: "1" };
  await mkdir(join(home, ".config/pip"), { recursive: true });
  await writeFile(
    join(home, ".config/pip/pip.conf"),
    "[install]\nindex-url = https://i/\nextra-index-url = https://e/\n",
  );
  await writeFile(
    join(home, "project/uv.toml"),
    '[[index]]\nurl = "https://a/"\n[[index]]\nurl = "https://d/"\ndefault = true\n',
  );
  const about = { endpoint: endpointOf("pip"), name: "team", env, cwd: join(home, "project") };
  const lines = async (...words: string[]) =>
    (await besideMirror(words, about)).map((line) => line.replaceAll(home, "~"));
  const extra = `"~/.config/pip/pip.conf" has extra-index-url in [install]: ${EXTRA}`;
  expect(await lines("/usr/bin/pip3", "install", "x")).toEqual([extra]);
  expect(await lines("python3.11", "-m", "pip", "install", "x")).toEqual([extra]);
  expect(await lines("uv", "sync")).toEqual([
    "UV_NO_INDEX is set: uv asks no index, the mirror neither",
    '"~/project/uv.toml" has the index https://a/: uv asks that index too, and first',
  ]);
  expect(await lines("npm", "ci")).toEqual([]);
});

test("P-105 plain HTTP is said where the tool refuses it, and not where the login has made it work", async () => {
  const lines = (tool: LoginTool, endpoint: string) => warned({ tool, endpoint });
  const lan = "http://mirror.lan:8642/d/t/npm/team/";
  const plain = `${lan} is plain HTTP: anyone on the way can read the token and change packages`;
  expect(await lines("yarn", lan)).toEqual([
    plain,
    "Yarn 2 and later refuses it unless unsafeHttpWhitelist has mirror.lan",
  ]);
  expect(await lines("pip", lan)).toEqual([
    plain,
    "pip ignores an index at plain HTTP unless its trusted-host is mirror.lan",
  ]);
  expect(await lines("npm", lan)).toEqual([plain]);
  expect(await lines("yarn", "http://127.0.0.1:8642/d/t/npm/team/")).toEqual([]);
});

describe("P-107 the files of other platforms and variables", () => {
  const fileOf = (tool: LoginTool, platform: NodeJS.Platform, env: Record<string, string> = {}) => {
    const access = { tool, token: "t", name: "team", endpoint: endpointOf(tool) };
    const home = join(root, "home");
    return changesFor(access, { HOME: home, ...env }, platform)[0]?.file.replace(home, "~");
  };

  test("on macOS pip's and Poetry's are where these look, and uv's where XDG says", async () => {
    const xdg = { XDG_CONFIG_HOME: join(root, "home/xdg") };
    expect(fileOf("pip", "darwin", xdg)).toBe("~/.config/pip/pip.conf");
    await mkdir(join(root, "home/Library/Application Support/pip"), { recursive: true });
    expect(fileOf("pip", "darwin", xdg)).toBe("~/Library/Application Support/pip/pip.conf");
    expect(fileOf("pip", "linux", xdg)).toBe("~/xdg/pip/pip.conf");
    expect(fileOf("poetry", "darwin", xdg)).toBe("~/Library/Application Support/pypoetry/config.toml");
    expect(fileOf("poetry", "darwin", { POETRY_CONFIG_DIR: join(root, "home/own") })).toBe("~/own/config.toml");
    expect(fileOf("poetry", "linux")).toBe("~/.config/pypoetry/config.toml");
    expect(fileOf("uv", "darwin", xdg)).toBe("~/xdg/uv/uv.toml");
  });

  test("P-112 pnpm's is where its own variables say, before npm's", () => {
    const npm = { NPM_CONFIG_USERCONFIG: join(root, "home/npm") };
    expect(fileOf("pnpm", "linux")).toBe("~/.npmrc");
    expect(fileOf("pnpm", "linux", npm)).toBe("~/npm");
    expect(fileOf("pnpm", "linux", { ...npm, PNPM_CONFIG_USERCONFIG: join(root, "home/pnpm") })).toBe("~/pnpm");
    expect(fileOf("npm", "linux", { ...npm, PNPM_CONFIG_USERCONFIG: join(root, "home/pnpm") })).toBe("~/npm");
  });

  test("on Windows nothing is written", () => {
    expect(() => fileOf("pip", "win32")).toThrow(
      "on Windows pip reads its settings from places that login does not write",
    );
  });
});
