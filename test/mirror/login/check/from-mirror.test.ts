import { expect, test } from "vitest";
import { isFromMirror, isMirrorIndex } from "../../../../mirror/login/check/from-mirror.js";

const HOST = "https://tools-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
const NPM = `${HOST}/npm/team/`;
const PYPI = `${HOST}/pypi/team/`;

test.each([
  ["a", undefined, true],
  ["a", `${NPM}a/-/a-1.0.0.tgz`, true],
  ["@s/a", `${NPM}@s/a/-/a-1.0.0.tgz`, true],
  ["@s/a", `${NPM}@s%2fa/-/a-1.0.0.tgz`, true],
  ["@s/a", `${NPM}@s/a/-/@s/a-1.0.0.tgz`, true],
  ["a", "https://registry.npmjs.org/a/-/a-1.0.0.tgz", true],
  ["a", "https://evil.example/a/-/a-1.0.0.tgz", false],
  ["a", "https://registry.npmjs.org.evil.example/a/-/a-1.0.0.tgz", false],
  ["a", "https://registry.npmjs.org@evil.example/a/-/a-1.0.0.tgz", false],
  ["a", `${HOST}/npm/other/a/-/a-1.0.0.tgz`, false],
  ["a", `${NPM}../other/a/-/a-1.0.0.tgz`, false],
  ["a", `${NPM.replace("https", "http")}a/-/a-1.0.0.tgz`, false],
  ["a", `${NPM}evil/-/evil-1.0.0.tgz`, false],
  ["a", `${NPM}a/-/..%2f..%2fevil/-/a-1.0.0.tgz`, false],
  ["a", `${NPM}a/-/a-6.6.6.tgz`, false],
  ["a", "https://registry.npmjs.org/evil/-/evil-1.0.0.tgz", false],
  ["a", "git+ssh://git@github.com/evil/a.git", false],
  ["a", "evil/a", false],
  ["a", `${NPM}a/-/%zz/a-1.0.0.tgz`, false],
])("P-102 npm: %s 1.0.0 of %j comes from the mirror: %s", (name, url, fromMirror) => {
  const required = url === undefined ? { name, version: "1.0.0" } : { name, version: "1.0.0", url };
  expect(isFromMirror("npm", required, NPM)).toBe(fromMirror);
});

test.each([
  [`${PYPI}simple/foo-bar/1.0/foo_bar-1.0-py3-none-any.whl`, true],
  [`${PYPI}simple/Foo.Bar/1.0/foo_bar-1.0-py3-none-any.whl`, true],
  [`${PYPI}simple/evil/1.0/foo_bar-1.0-py3-none-any.whl`, false],
  [`${HOST}/pypi/other/simple/foo-bar/1.0/foo_bar-1.0.tar.gz`, false],
  ["https://files.pythonhosted.org/packages/foo_bar-1.0.tar.gz", false],
  ["git+https://github.com/acme/foo-bar", false],
])("P-102 pypi: foo-bar @ %s comes from the mirror: %s", (url, fromMirror) => {
  expect(isFromMirror("pypi", { name: "foo-bar", url }, PYPI)).toBe(fromMirror);
});

test.each([
  [`${PYPI}simple/`, true],
  [`${PYPI}simple`, true],
  [PYPI, false],
  ["https://pypi.org/simple/", false],
  ["\x24{EXTRA}", false],
])("P-102 the index %s is the mirror: %s", (index, isMirror) => {
  expect(isMirrorIndex(index, PYPI)).toBe(isMirror);
});
