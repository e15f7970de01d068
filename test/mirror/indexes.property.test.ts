/** Indexes: what the mirror renders, it reads the same, in HTML as in JSON; and other pages are refused in words. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePackument, renderPackument } from "../../mirror/npm/document.js";
import { parsePythonFile } from "../../mirror/pypi/names.js";
import { parseSimple } from "../../mirror/pypi/parse-simple.js";
import { HTML_TYPE, JSON_TYPE, renderHtml, renderJson } from "../../mirror/pypi/render-simple.js";
import type { Asset } from "../../mirror/resolve/model.js";
import { RUNS } from "../support/properties.js";

const PAGE = new URL("https://index.test/simple/tools/");
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const text = fc.string({ unit: fc.constantFrom(..."ab<>&\"'= ;,.é#3"), maxLength: 12 });
const release = fc.stringMatching(/^[1-9](\.[0-9]{1,2}){0,2}(rc[1-9])?$/);

const file = fc
  .record({
    version: release,
    sha256: hex(64),
    requiresPython: fc.option(
      text.filter((each) => each !== ""),
      { nil: undefined },
    ),
    yanked: fc.option(text, { nil: undefined }),
    metadata: fc.option(
      fc.oneof(
        fc.constant({}),
        hex(64).map((sha256) => ({ sha256 })),
      ),
      { nil: undefined },
    ),
    kind: fc.constantFrom("-py3-none-any.whl", ".tar.gz"),
  })
  .map(({ version, sha256, kind, ...rest }) => {
    const asset = { name: `tools-${version}${kind}`, hashes: { sha256 }, ...rest } as Asset;
    return { version, asset };
  });
const files = fc.uniqueArray(file, { selector: ({ asset }) => asset.name, maxLength: 5 });

const shown = (document: ReturnType<typeof parseSimple>) =>
  [...document.versions.values()].map(({ version, assets }) => [
    version,
    assets.map(({ name, hashes, requiresPython, yanked, metadata }) => ({
      name,
      hashes,
      requiresPython,
      yanked,
      metadata,
    })),
  ]);

test("a simple index reads the same in HTML and in JSON, and as it was", () => {
  fc.assert(
    fc.property(files, (all) => {
      const html = parseSimple(renderHtml("tools", all).toString(), HTML_TYPE, "tools", PAGE);
      const json = parseSimple(renderJson("tools", all).toString(), JSON_TYPE, "tools", PAGE);
      expect(shown(html)).toEqual(shown(json));
      const read = [...json.versions.values()].flatMap(({ assets }) => assets);
      const byName = (list: readonly Asset[]) => new Map(list.map((asset) => [asset.name, asset.hashes.sha256]));
      expect(byName(read)).toEqual(byName(all.map(({ asset }) => asset)));
      for (const { asset } of all) expect(parsePythonFile(asset.name, "tools")).toBeDefined();
    }),
    RUNS,
  );
});

test("a package document is read as it was rendered", () => {
  const version = fc.stringMatching(/^[1-9]\.[0-9]{1,2}\.[0-9](-rc\.[1-9])?$/);
  const published = fc.uniqueArray(fc.tuple(version, hex(40), fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }))), {
    selector: ([of]) => of,
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(published, fc.constantFrom("tools", "@acme/tools"), (all, name) => {
      const versions = all.map(([of, sha1, more]) => ({
        version: { version: of, assets: [], manifest: { ...more, name, version: of, dist: {} } },
        asset: { name: `tools-${of}.tgz`, hashes: { sha1 } } as Asset,
      }));
      const tags = { latest: all[0]?.[0] ?? "" };
      const page = renderPackument({ name, versions, tags }, "https://index.test/npm/", false).toString();
      const read = parsePackument(page, name, PAGE);
      expect(read.tags).toEqual(tags);
      expect([...read.versions.keys()].sort()).toEqual(all.map(([of]) => of).sort());
      for (const [of, sha1] of all) expect(read.versions.get(of)?.assets[0]?.hashes).toEqual({ sha1 });
    }),
    RUNS,
  );
});

test("a page of other shape is refused in words, or has nothing of it", () => {
  const unit = fc.constantFrom(
    ..."ab\"'= />",
    "<a ",
    "href=",
    "<!--",
    "-->",
    "<base ",
    "&#x1F600;",
    "&#9999999;",
    "<html>",
    "</a>",
    "http:",
    "//",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), fc.json(), fc.jsonValue(), (html, json, value) => {
      const wrapped = JSON.stringify({
        files: [value, { filename: "tools-1.tar.gz", url: value }],
        versions: { "1.0.0": value },
      });
      for (const read of [
        () => parseSimple(html, "text/html", "tools", PAGE),
        () => parseSimple(json, JSON_TYPE, "tools", PAGE),
        () => parseSimple(wrapped, JSON_TYPE, "tools", PAGE),
        () => parsePackument(json, "tools", PAGE),
        () => parsePackument(wrapped, "tools", PAGE),
      ]) {
        try {
          for (const { assets } of read().versions.values()) for (const { url } of assets) new URL(url ?? "");
        } catch (error) {
          expect(["Error", "SyntaxError"], String(error)).toContain((error as Error).name);
        }
      }
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});
