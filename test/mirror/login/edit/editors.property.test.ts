/** Edits of other programs' files: the value is there, everything else stays byte for byte, and taking it away gives the file back. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { KeyPath } from "../../../../mirror/login/edit/editor.js";
import { EDITORS, type EditorName } from "../../../../mirror/login/edit/editors.js";
import { RUNS } from "../../../support/properties.js";

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
const value = fc.stringMatching(/^https:\/\/[a-z0-9:@./_%-]{1,20}$/);
const eol = fc.constantFrom("\n", "\r\n");
const comment = fc.stringMatching(/^# ?[ -~é]{0,12}$/);
const lines = (line: fc.Arbitrary<string>) => fc.array(fc.oneof(line, comment, fc.constant("")), { maxLength: 6 });

/** Keys and tables that are not the edited one have a capital, which it has not. */
const other = word.map((text) => `X${text}`);
const quoted = fc.stringMatching(/^[ -!#-[\]-~é]{0,10}$/).map((text) => `"${text}"`);
const sections = (line: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.uniqueArray(other, { maxLength: 3 }), fc.array(lines(line), { minLength: 3, maxLength: 3 }))
    .map(([names, bodies]) => names.flatMap((name, index) => [`[${name}]`, ...(bodies[index] ?? [])]));
const pair = (between: string, text: fc.Arbitrary<string>) => fc.tuple(other, text).map((parts) => parts.join(between));

/** Keys of one table or file may not come twice: `X1`, `X2` … */
const numbered = (document: fc.Arbitrary<readonly string[]>) =>
  document.map((all) => all.map((line, index) => line.replace(/^(X)([a-z0-9-]+)(?=\s*[=:])/, `$1$2${index}`)));

interface Format {
  readonly format: EditorName;
  readonly document: fc.Arbitrary<readonly string[]>;
  readonly path: KeyPath;
}

const FORMATS: readonly Format[] = [
  { format: "ini", document: numbered(sections(pair(" = ", value))), path: ["global", "index-url"] },
  { format: "npmrc", document: lines(pair("=", value)), path: ["registry"] },
  { format: "yarnrc", document: lines(pair(" ", quoted)), path: ["registry"] },
  {
    format: "netrc",
    document: fc
      .uniqueArray(other, { maxLength: 4 })
      .map((names) => names.map((name) => `machine ${name} login a password b`)),
    path: ["mirror.test"],
  },
  { format: "toml", document: numbered(sections(pair(" = ", quoted))), path: ["http-basic", "team"] },
  { format: "uv-index", document: numbered(sections(pair(" = ", quoted))), path: ["team"] },
];

test.each(FORMATS)("$format", ({ format, document, path }) => {
  const { get, set } = EDITORS[format];
  fc.assert(
    fc.property(document, eol, value, value, fc.boolean(), (all, end, one, two, ended) => {
      const text = all.join(end) + (ended && all.length > 0 ? end : "");
      const [first, second] = format === "netrc" ? [`login ${one}`, `login ${two}`] : [one, two];
      expect(get(text, path)).toBeUndefined();
      expect(set(text, path, undefined)).toBe(text);

      const edited = set(text, path, first);
      expect(get(edited, path)).toBe(first);
      // Twice is once, and another value in the place of the first is as if the first had never been there.
      expect(set(edited, path, first)).toBe(edited);
      expect(set(edited, path, second)).toBe(set(text, path, second));

      const before = text === "" ? [] : text.split(/(?<=\n)/);
      const after = edited.split(/(?<=\n)/);
      let at = 0;
      for (const line of before) {
        const found = after.findIndex((each, index) => index >= at && each.trimEnd() === line.trimEnd());
        expect([line, found]).not.toEqual([line, -1]);
        at = found + 1;
      }
      // A last line without an end has got one.
      const whole = text === "" || text.endsWith("\n") ? text : text + (text.includes("\r\n") ? "\r\n" : "\n");
      expect([whole, text]).toContain(set(edited, path, undefined));
    }),
    RUNS,
  );
});

test("what is written into TOML, smol-toml reads, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme-composite" }),
      fc.string({ unit: "grapheme", minLength: 1 }),
      (text, name) => {
        const toml = EDITORS.toml.set("", ["http-basic", name], text);
        expect(parseToml(toml)).toEqual({ "http-basic": { [name]: text } });
      },
    ),
    RUNS,
  );
});

test("YAML: yaml reads the value, and all that was there before", () => {
  const key = fc.stringMatching(/^[a-z]{1,5}$/);
  const leaf = fc.oneof(fc.string({ unit: "grapheme", maxLength: 8 }), fc.boolean(), fc.nat(), fc.constant(null));
  const tree = fc.letrec<{ node: unknown; map: Record<string, unknown> }>((tie) => ({
    node: fc.oneof({ depthSize: "small" }, leaf, tie("map"), fc.array(leaf, { maxLength: 2 })),
    map: fc.dictionary(key, tie("node"), { maxKeys: 3 }),
  })).map;
  const { get, set } = EDITORS.yaml;
  fc.assert(
    fc.property(tree, fc.string({ unit: "grapheme" }), (document, text) => {
      // JSON is YAML.
      const before = JSON.stringify(document, null, 2);
      const after = set(before, ["npmScopes", "X", "npmAuthToken"], text);
      expect(get(after, ["npmScopes", "X", "npmAuthToken"])).toBe(text);
      expect(parseYaml(after)).toEqual({ ...document, npmScopes: { X: { npmAuthToken: text } } });
      const left: unknown = parseYaml(set(after, ["npmScopes", "X", "npmAuthToken"], undefined));
      expect(left ?? {}).toEqual(document);
    }),
    RUNS,
  );
});

test("INI: Python's configparser reads what the editor reads and writes", () => {
  const documents = fc.sample(numbered(sections(pair(" = ", value))), { ...RUNS, numRuns: 100 });
  const texts = documents.flatMap((all) => {
    const text = all.join("\n");
    return [text, EDITORS.ini.set(text, ["global", "index-url"], "https://mirror.test/simple/")];
  });
  const program = `
import configparser, json, sys
out = []
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    out.append({name: dict(parser[name]) for name in parser.sections()})
json.dump(out, sys.stdout)`;
  const { stdout } = spawnSync("python3", ["-c", program], { input: JSON.stringify(texts), encoding: "utf8" });
  const read = JSON.parse(stdout) as Record<string, Record<string, string>>[];
  expect(read).toHaveLength(texts.length);
  for (const [index, sectionsRead] of read.entries()) {
    for (const [section, options] of Object.entries(sectionsRead)) {
      for (const [key, text] of Object.entries(options)) {
        expect(EDITORS.ini.get(texts[index] ?? "", [section, key])).toBe(text);
      }
    }
    expect(sectionsRead.global?.["index-url"]).toBe(index % 2 === 0 ? undefined : "https://mirror.test/simple/");
  }
});
