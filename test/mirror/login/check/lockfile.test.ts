import { expect, test } from "vitest";
import { parseLock } from "../../../../mirror/login/check/lockfile.js";
import { faultText } from "../../../support/fault-text.js";

test("a lock file: nested, aliased, linked, bundled, from git; the old form too", async () => {
  const packages = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/@s/b": { version: "2.0.0" },
    "node_modules/alias": { name: "real", version: "3.0.0" },
    "node_modules/ws": { link: true },
    "node_modules/a/node_modules/in": { version: "1.0.0", inBundle: true },
    "node_modules/g": { version: "1.0.0", resolved: "git+ssh://git@x/y.git#abc" },
  };
  const lock = parseLock(JSON.stringify({ packages }), "f");
  expect(lock.required.map(({ name, version }) => `${name} ${version}`)).toEqual([
    "a 1.0.0",
    "@s/b 2.0.0",
    "real 3.0.0",
    "g 1.0.0",
  ]);
  expect(lock.required.at(-1)?.url).toBe("git+ssh://x/y.git#abc");
  expect(lock.elsewhere).toEqual(["ws link"]);
  const old = { dependencies: { a: { version: "1.0.0", dependencies: { b: { version: "2.0.0" } } } } };
  expect(parseLock(JSON.stringify(old), "f").required.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await faultText(() => parseLock("{}", "f"))).toContain('"f" is no package-lock.json');
});

test.each([
  ["https://evil.example/a.tgz", "https://evil.example/a.tgz"],
  ["https://me:secret@evil.example/a.tgz", "https://evil.example/a.tgz"],
  ["git+ssh://git@x/y.git", "git+ssh://x/y.git"],
  ["github:evil/a", "github:evil/a"],
  ["evil/a#main", "evil/a#main"],
])("P-102 resolved %j is where npm downloads from", (resolved, url) => {
  const packages = { "node_modules/a": { version: "1.0.0", resolved } };
  expect(parseLock(JSON.stringify({ packages }), "f")).toEqual({
    required: [{ name: "a", version: "1.0.0", url }],
    elsewhere: [],
  });
});

test("P-102 what the project itself bundles is downloaded, and so is whatever has a URL", () => {
  const resolved = "https://evil.example/a.tgz";
  const packages = {
    "node_modules/own": { version: "1.0.0", inBundle: true },
    "node_modules/from": { version: "1.0.0", inBundle: true, resolved },
    "ws/node_modules/own": { version: "2.0.0", inBundle: true },
    "node_modules/other/node_modules/with": { version: "1.0.0", inBundle: true, resolved },
    "node_modules/other/node_modules/inside": { version: "1.0.0", inBundle: true },
  };
  expect(parseLock(JSON.stringify({ packages }), "f").required).toEqual([
    { name: "own", version: "1.0.0" },
    { name: "from", version: "1.0.0", url: resolved },
    { name: "own", version: "2.0.0" },
    { name: "with", version: "1.0.0", url: resolved },
  ]);
});

test("P-102 of a file with both lists, npm 6 downloads from what the second one says", () => {
  const row = (host: string) => ({ version: "1.0.0", resolved: `https://${host}/a/-/a-1.0.0.tgz` });
  const packages = { "node_modules/a": row("good.example"), "node_modules/b": { version: "1.0.0" } };
  const dependencies = { a: row("good.example"), b: { version: "1.0.0", dependencies: { a: row("evil.example") } } };
  const { required } = parseLock(JSON.stringify({ packages, dependencies }), "f");
  expect(required.map(({ name, url }) => [name, url?.split("/")[2]])).toEqual([
    ["a", "good.example"],
    ["b", undefined],
    ["a", "evil.example"],
  ]);
});

test("P-102 one version twice, once from elsewhere: both are kept", () => {
  const row = (host: string) => ({ version: "1.0.0", resolved: `https://${host}/a/-/a-1.0.0.tgz` });
  const packages = { "node_modules/a": row("evil.example"), "node_modules/b/node_modules/a": row("good.example") };
  expect(parseLock(JSON.stringify({ packages }), "f").required).toHaveLength(2);
});

test("P-102 the old form: a URL in place of the version, an alias, a directory", () => {
  const dependencies = {
    a: { version: "https://evil.example/a.tgz" },
    b: { version: "npm:@s/real@1.0.0" },
    c: { version: "file:../c" },
  };
  expect(parseLock(JSON.stringify({ dependencies }), "f")).toEqual({
    required: [
      { name: "a", url: "https://evil.example/a.tgz" },
      { name: "@s/real", version: "1.0.0" },
    ],
    elsewhere: ["c file:../c"],
  });
});

test.each([{ dependencies: { a: "^1.0.0" } }, { packages: { "node_modules/a": ["a@1.0.0"] } }, { default: {} }, []])(
  "P-103 JSON of another kind is refused: %j",
  async (value) => {
    expect(await faultText(() => parseLock(JSON.stringify(value), "f"))).toContain('"f" is no package-lock.json');
  },
);
