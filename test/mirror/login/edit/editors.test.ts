import { describe, expect, test } from "vitest";
import { applySettings, type KeyPath, type Value } from "../../../../mirror/login/edit/editor.js";
import { EDITORS, type EditorName } from "../../../../mirror/login/edit/editors.js";
import { otherDefault } from "../../../../mirror/login/edit/uv-index.js";

interface Case {
  readonly title: string;
  readonly format: EditorName;
  readonly path: KeyPath;
  readonly value: Value;
  readonly before: string;
  readonly after: string;
  /** What taking the key away leaves, where it is not `before`: a value was there. */
  readonly without?: string;
}

const index = ["global", "index-url"];
const URL = "https://aws:t@h/simple/";

const cases: readonly Case[] = [
  {
    title: "ini: an empty file",
    format: "ini",
    path: index,
    value: URL,
    before: "",
    after: `[global]\nindex-url = ${URL}\n`,
  },
  {
    title: "ini: a value in place, comments and other sections kept",
    format: "ini",
    path: index,
    value: URL,
    before: "# mine\n[global]\n; why\nindex-url = https://old/\ntimeout = 60\n\n[install]\nno-binary = :all:\n",
    after: `# mine\n[global]\n; why\nindex-url = ${URL}\ntimeout = 60\n\n[install]\nno-binary = :all:\n`,
    without: "# mine\n[global]\n; why\ntimeout = 60\n\n[install]\nno-binary = :all:\n",
  },
  {
    title: "ini: pip's other ways to write the key, and a colon",
    format: "ini",
    path: index,
    value: URL,
    before: "[global]\nIndex_URL:https://old/\n",
    after: `[global]\nIndex_URL:${URL}\n`,
    without: "",
  },
  {
    title: "ini: behind the last key of the section, before the blank line",
    format: "ini",
    path: index,
    value: URL,
    before: "[global]\ntimeout = 60\n\n[install]\nuser = yes\n",
    after: `[global]\ntimeout = 60\nindex-url = ${URL}\n\n[install]\nuser = yes\n`,
  },
  {
    title: "ini: a value of several lines is one value",
    format: "ini",
    path: index,
    value: URL,
    before: "[global]\nfind-links =\n    /a\n\n    index-url = /no\nindex-url =\n  https://old/\ntimeout = 1\n",
    after: `[global]\nfind-links =\n    /a\n\n    index-url = /no\nindex-url =${URL}\ntimeout = 1\n`,
    without: "[global]\nfind-links =\n    /a\n\n    index-url = /no\ntimeout = 1\n",
  },
  {
    title: "ini: the same key of another section is another key",
    format: "ini",
    path: index,
    value: URL,
    before: "[install]\nindex-url = https://other/\n",
    after: `[install]\nindex-url = https://other/\n\n[global]\nindex-url = ${URL}\n`,
  },
  {
    title: "ini: line ends of Windows, no line end at the end",
    format: "ini",
    path: index,
    value: URL,
    before: "[global]\r\ntimeout = 1",
    after: `[global]\r\ntimeout = 1\r\nindex-url = ${URL}\r\n`,
    without: "[global]\r\ntimeout = 1\r\n",
  },
  {
    title: "ini: a word of a list",
    format: "ini",
    path: ["distutils", "index-servers", "codeartifact"],
    value: "codeartifact",
    before: "[distutils]\nindex-servers =\n    pypi\n    test\n\n[pypi]\nusername = me\n",
    after: "[distutils]\nindex-servers =\n    pypi\n    test\n    codeartifact\n\n[pypi]\nusername = me\n",
  },
  {
    title: "ini: a word of no list yet",
    format: "ini",
    path: ["distutils", "index-servers", "codeartifact"],
    value: "codeartifact",
    before: "[pypi]\nusername = me\n",
    after: "[pypi]\nusername = me\n\n[distutils]\nindex-servers =\n    codeartifact\n",
  },
  {
    title: "npmrc: a key in place",
    format: "npmrc",
    path: ["registry"],
    value: "https://h/",
    before: "; mine\n;registry=https://a/\nsave-exact=true\nregistry = https://b/\n",
    after: "; mine\n;registry=https://a/\nsave-exact=true\nregistry=https://h/\n",
    without: "; mine\n;registry=https://a/\nsave-exact=true\n",
  },
  {
    title: "npmrc: before a section, in which nothing counts",
    format: "npmrc",
    path: ["//h/npm/r/:_authToken"],
    value: "abc=",
    before: "fund=false\n[x]\n//h/npm/r/:_authToken=no\n",
    after: "fund=false\n//h/npm/r/:_authToken=abc=\n[x]\n//h/npm/r/:_authToken=no\n",
  },
  {
    title: "npmrc: a variable of somebody's stays a variable",
    format: "npmrc",
    path: ["registry"],
    value: "https://h/",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm expands it
    before: "//other/:_authToken=${NPM_TOKEN}\n",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm expands it
    after: "//other/:_authToken=${NPM_TOKEN}\nregistry=https://h/\n",
  },
  {
    title: "yarnrc: quoted values",
    format: "yarnrc",
    path: ["registry"],
    value: "https://h/",
    before: '# mine\nregistry "https://old/"\nlastUpdateCheck 1600000000000\n',
    after: '# mine\nregistry "https://h/"\nlastUpdateCheck 1600000000000\n',
    without: "# mine\nlastUpdateCheck 1600000000000\n",
  },
  {
    title: "yarnrc: quoted keys",
    format: "yarnrc",
    path: ["@acme:registry"],
    value: "https://h/",
    before: "",
    after: '"@acme:registry" "https://h/"\n',
  },
  {
    title: "netrc: a new machine goes before default",
    format: "netrc",
    path: ["h"],
    value: "login aws password t",
    before: "machine a login x password y\ndefault login anonymous password me\n",
    after: "machine a login x password y\nmachine h login aws password t\ndefault login anonymous password me\n",
  },
  {
    title: "netrc: a machine over several lines, comments and macros around it",
    format: "netrc",
    path: ["h"],
    value: "login aws password t",
    before:
      "# machine h login no\nmachine h\n  login x\n  password #y\n\nmacdef init\nmachine h login no\n\nmachine b login z password w\n",
    after:
      "# machine h login no\nmachine h login aws password t\n\nmacdef init\nmachine h login no\n\nmachine b login z password w\n",
    without: "# machine h login no\n\nmacdef init\nmachine h login no\n\nmachine b login z password w\n",
  },
  {
    title: "toml: a table of its own",
    format: "toml",
    path: ["http-basic", "team", "username"],
    value: "aws",
    before: '# mine\ncache-dir = "/c"\n\n[virtualenvs]\nin-project = true # yes\n',
    after:
      '# mine\ncache-dir = "/c"\n\n[virtualenvs]\nin-project = true # yes\n\n[http-basic.team]\nusername = "aws"\n',
  },
  {
    title: "toml: a key in place, its comment kept, the table's name quoted",
    format: "toml",
    path: ["http-basic", "team", "password"],
    value: "t",
    before: '[ http-basic . "team" ] # us\nusername = \'me\'\npassword = "a\\"b" # old\n\n[other]\nx = 1\n',
    after: '[ http-basic . "team" ] # us\nusername = \'me\'\npassword = "t" # old\n\n[other]\nx = 1\n',
    without: "[ http-basic . \"team\" ] # us\nusername = 'me'\n\n[other]\nx = 1\n",
  },
  {
    title: "uv: an index behind the others",
    format: "uv-index",
    path: ["team"],
    value: "https://h/simple/",
    before: 'native-tls = true\n\n[[index]]\nname = "gpu"\nurl = "https://gpu/"\nexplicit = true\n',
    after:
      'native-tls = true\n\n[[index]]\nname = "gpu"\nurl = "https://gpu/"\nexplicit = true\n\n[[index]]\nname = "team"\nurl = "https://h/simple/"\ndefault = true\n',
  },
  {
    title: "uv: the index of that name in place",
    format: "uv-index",
    path: ["team"],
    value: "https://h/simple/",
    before: '[[index]]\nname = "team"\nurl = "https://old/"\n\n# next\n[[index]]\nname = "gpu"\nurl = "https://gpu/"\n',
    after:
      '[[index]]\nname = "team"\nurl = "https://h/simple/"\ndefault = true\n\n# next\n[[index]]\nname = "gpu"\nurl = "https://gpu/"\n',
    without: '\n# next\n[[index]]\nname = "gpu"\nurl = "https://gpu/"\n',
  },
  {
    title: "yaml: nested keys, comments and order kept",
    format: "yaml",
    path: ["npmRegistries", "//h/npm/r", "npmAuthToken"],
    value: "t",
    before: '# mine\nnodeLinker: node-modules # why\n\nnpmRegistries:\n  //other:\n    npmAuthToken: "x"\n',
    after:
      '# mine\nnodeLinker: node-modules # why\n\nnpmRegistries:\n  //other:\n    npmAuthToken: "x"\n  //h/npm/r:\n    npmAuthToken: t\n',
  },
  {
    title: "yaml: an empty file",
    format: "yaml",
    path: ["npmRegistries", "//h/npm/r", "npmAlwaysAuth"],
    value: true,
    before: "",
    after: "npmRegistries:\n  //h/npm/r:\n    npmAlwaysAuth: true\n",
  },
  {
    title: "yaml: comments only",
    format: "yaml",
    path: ["npmRegistryServer"],
    value: "https://h/",
    before: "# mine\n",
    after: "# mine\n\nnpmRegistryServer: https://h/\n",
  },
];

describe.each(cases)("$title", ({ format, path, value, before, after, without }) => {
  const editor = EDITORS[format];
  test("is set, and everything else stays byte for byte", () => {
    expect(editor.set(before, path, value)).toBe(after);
    expect(editor.get(after, path)).toBe(value);
  });
  test("is set again without another change", () => expect(editor.set(after, path, value)).toBe(after));
  test("is taken away", () => {
    const left = editor.set(after, path, undefined);
    expect(editor.get(left, path)).toBe(undefined);
    expect(left).toBe(without ?? before);
  });
  test("taking away what is not there changes nothing", () => {
    const absent = without ?? before;
    expect(editor.set(absent, path, undefined)).toBe(absent);
  });
});

const SERVER_OF_X = ["npmScopes", "x", "npmRegistryServer"];

describe("what cannot be edited is refused, in words without the line", () => {
  const refused = (format: EditorName, text: string, path: KeyPath) => {
    try {
      applySettings(EDITORS[format], text, [{ path, value: "v" }], "/f");
    } catch (error) {
      return [(error as { code: string }).code, (error as Error).message, (error as { hint: string }).hint];
    }
    return undefined;
  };
  test.each<[EditorName, string, KeyPath, string]>([
    ["toml", 'http-basic = { team = { username = "x" } }\n', ["http-basic", "team", "username"], "mirror/config-shape"],
    ["toml", "[http-basic.team]\nusername = '''\nme'''\n", ["http-basic", "team", "username"], "mirror/config-shape"],
    [
      "toml",
      '[http-basic]\nteam = { username = "secret" }\n',
      ["http-basic", "team", "username"],
      "mirror/config-shape",
    ],
    ["toml", "http-basic.team.username = 'secret'\n", ["http-basic", "team", "username"], "mirror/config-shape"],
    ["yaml", "base: &a {x: {npmRegistryServer: secret}}\nnpmScopes: *a\n", SERVER_OF_X, "mirror/config-shape"],
    // The scope y would come from the mirror as well.
    ["yaml", "npmScopes:\n  x: &s {npmRegistryServer: secret}\n  y: *s\n", SERVER_OF_X, "mirror/config-shape"],
    ["yaml", "npmScopes: [secret]\n", SERVER_OF_X, "mirror/config-shape"],
    ["toml", 'secret = "abc\n', ["a", "b"], "mirror/config-unreadable"],
    ["ini", "password secret\n[global]\n", ["global", "index-url"], "mirror/config-unreadable"],
    ["yaml", "a: [secret\n", ["npmRegistryServer"], "mirror/config-unreadable"],
    ["uv-index", 'index = [{ name = "a", url = "secret" }]\n', ["team"], "mirror/config-shape"],
  ])("P-111 %s %j", (format, text, path, code) => {
    const said = refused(format, text, path);
    expect(said?.[0]).toBe(code);
    expect(said?.join(" ")).not.toContain("secret");
  });
});

test("npmrc: of two the last is the one that npm takes", () => {
  const text = "registry=https://a/\nregistry=https://b/\n";
  expect(EDITORS.npmrc.get(text, ["registry"])).toBe("https://b/");
  expect(EDITORS.npmrc.set(text, ["registry"], "https://h/")).toBe("registry=https://a/\nregistry=https://h/\n");
});

test("uv allows one default index: another one is found", () => {
  expect(otherDefault('[[index]]\nname = "a"\nurl = "u"\ndefault = true\n', "team")).toBe("a");
  expect(otherDefault('[[index]]\nname = "team"\nurl = "u"\ndefault = true\n', "team")).toBe(undefined);
  expect(otherDefault("", "team")).toBe(undefined);
});

test.each([
  ["", "unsafeHttpWhitelist:\n  - 127.0.0.1\n", ""],
  ["# mine\nunsafeHttpWhitelist:\n  - b # c\n", "# mine\nunsafeHttpWhitelist:\n  - b # c\n  - 127.0.0.1\n", undefined],
  ["unsafeHttpWhitelist: [ 127.0.0.1 ]\n", "unsafeHttpWhitelist: [ 127.0.0.1 ]\n", ""],
])("P-105 yaml: an item of a list, after %j", (before, after, without = before) => {
  const path = ["unsafeHttpWhitelist", "[]", "127.0.0.1"];
  const { yaml } = EDITORS;
  const edited = applySettings(yaml, before, [{ path, value: "127.0.0.1" }], "/f");
  expect([edited, yaml.get(edited, path), yaml.get(before, ["unsafeHttpWhitelist", "[]", "b"])]).toEqual([
    after,
    "127.0.0.1",
    before.includes("b #") ? "b" : undefined,
  ]);
  expect(applySettings(yaml, edited, [{ path, value: undefined }], "/f")).toBe(without);
});

test("P-105 P-111 yaml: a list that is none, or is shared, is left alone", () => {
  const path = ["unsafeHttpWhitelist", "[]", "127.0.0.1"];
  for (const text of [
    "unsafeHttpWhitelist: x\n",
    "l: &l [a]\nunsafeHttpWhitelist: *l\n",
    "unsafeHttpWhitelist: &l [a]\nl: *l\n",
  ])
    expect(() => applySettings(EDITORS.yaml, text, [{ path, value: "127.0.0.1" }], "/f")).toThrow(
      '"/f" has unsafeHttpWhitelist.127.0.0.1 in a form that cannot be edited',
    );
});
