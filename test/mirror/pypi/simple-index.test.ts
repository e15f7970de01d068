/** Pages of simple indexes: what is read of other people's, and that ours reads back the same. */
import { expect, test } from "vitest";
import { parseSimple } from "../../../mirror/pypi/parse-simple.js";
import {
  chooseType,
  HTML_TYPE,
  JSON_TYPE,
  renderHtml,
  renderJson,
  TEXT_TYPE,
} from "../../../mirror/pypi/render-simple.js";
import { readWheelMetadata } from "../../../mirror/pypi/wheel.js";

const PAGE = new URL("https://index.example/simple/foo/");
const HASH = "a".repeat(64);

const assetsOf = (text: string, type: string) =>
  [...parseSimple(text, type, "foo", PAGE).versions.values()].flatMap(({ assets }) => assets);

test("an HTML page is read as pip reads it, whatever its quotes and order", () => {
  const html = `<!DOCTYPE html><html><head><base href="https://files.example/"></head><body>
    <!-- <a href="foo-0.1.tar.gz">foo-0.1.tar.gz</a> -->
    <A data-requires-python='&gt;=3.8' HREF="/a/foo-1.0-py3-none-any.whl#sha256=${HASH.toUpperCase()}">foo</A>
    <a href=foo-1.0.tar.gz data-yanked>foo-1.0.tar.gz</a>
    <a href="foo-1.1.tar.gz#md5=${"b".repeat(32)}" data-yanked="it&#39;s &quot;broken&quot;" data-core-metadata="true">x</a>
    <a href="javascript:alert(1)">foo-2.0.tar.gz</a> <a href="bar-1.0.tar.gz">bar</a> <a href="foo-1.0.exe">foo</a>
  </body></html>`;
  expect(assetsOf(html, "text/html; charset=utf-8")).toEqual([
    {
      name: "foo-1.0-py3-none-any.whl",
      url: "https://files.example/a/foo-1.0-py3-none-any.whl",
      hashes: { sha256: HASH },
      requiresPython: ">=3.8",
    },
    { name: "foo-1.0.tar.gz", url: "https://files.example/foo-1.0.tar.gz", hashes: {}, yanked: "" },
    {
      name: "foo-1.1.tar.gz",
      url: "https://files.example/foo-1.1.tar.gz",
      hashes: { md5: "b".repeat(32) },
      metadata: {},
      yanked: `it's "broken"`,
    },
  ]);
});

test.each([
  ["{", JSON_TYPE, /JSON/],
  ['{"files": 1}', JSON_TYPE, /has no "files"/],
  ["{}", "application/vnd.pypi.simple.v2+json", /speaks version 2 of PEP 691/],
  ['<meta name="pypi:repository-version" content="2.0"><a href="x">', "text/html", /speaks version 2 of PEP 503/],
  ["just text", "text/plain", /neither HTML nor JSON/],
])("what is no page that we understand is refused: %s", (text, type, message) => {
  expect(() => assetsOf(text, type)).toThrow(message);
});

test("what we render, in both forms, reads back as it was", () => {
  const asset = {
    name: "foo-1.0-py3-none-any.whl",
    hashes: { sha256: HASH },
    size: 10,
    requiresPython: ">=3.8,<4",
    metadata: { sha256: "c".repeat(64) },
    yanked: 'a <b> & "c"',
  };
  const files = [{ version: "1.0", asset }];
  const url = "https://index.example/simple/foo/1.0/foo-1.0-py3-none-any.whl";
  expect(assetsOf(renderJson("foo", files).toString(), JSON_TYPE)).toEqual([{ ...asset, url }]);
  const { size: _size, ...shown } = asset;
  expect(assetsOf(renderHtml("foo", files).toString(), TEXT_TYPE)).toEqual([{ ...shown, url }]);
});

test("JSON says nothing under the name that pip before 23.2 does not survive (PEP 714)", () => {
  const asset = { name: "foo-1.0.tar.gz", hashes: {}, metadata: { sha256: HASH } };
  expect(renderJson("foo", [{ version: "1.0", asset }]).toString()).not.toContain("dist-info-metadata");
});

test.each([
  [undefined, TEXT_TYPE],
  ["*/*", TEXT_TYPE],
  ["text/html", TEXT_TYPE],
  ["application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01", JSON_TYPE],
  ["application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01", HTML_TYPE],
  ["application/vnd.pypi.simple.v1+json;q=0, text/html", TEXT_TYPE],
  ["application/vnd.pypi.simple.latest+json", JSON_TYPE],
  ["image/png", TEXT_TYPE],
])("asked for %j, the page is %s", (accept, type) => {
  expect(chooseType(accept)).toBe(type);
});

test("a file that is no zip archive has no metadata", async () => {
  expect(await readWheelMetadata(new URL(import.meta.url).pathname)).toBeUndefined();
});
