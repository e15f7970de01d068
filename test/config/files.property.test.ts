/** Configuration files: what is written is read, as other readers of the format read it, and refused in one way only. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Fault } from "../../base/fault.js";
import { formatIni, parseIni } from "../../config/apyfal/ini.js";
import { parseLayer } from "../../config/document.js";
import { pointerStep } from "../../config/origin.js";
import { parsed, RUNS } from "../support/properties.js";

const layer = (text: string) => parseLayer(text, { layer: "project", shownAs: "f", base: "/" }).layer;

test("YAML: the values are yaml's, and each place is the line of its key", () => {
  const key = fc.stringMatching(/^[a-z_]{1,6}$/);
  const leaf = fc.oneof(fc.string({ maxLength: 10 }), fc.boolean(), fc.integer(), fc.constant(null));
  const tree = fc.letrec<{ node: unknown; map: Record<string, unknown> }>((tie) => ({
    node: fc.oneof({ depthSize: "small" }, leaf, tie("map"), fc.array(leaf, { maxLength: 3 })),
    map: fc.dictionary(key, tie("node"), { maxKeys: 4, noNullPrototype: true }),
  })).map;
  fc.assert(
    fc.property(tree, (document) => {
      const text = stringify(document);
      const read = layer(text);
      expect(read.values).toEqual(document);
      for (const name of Object.keys(document)) {
        const line = Number(read.where(pointerStep(name)).split(":")[1]);
        expect(text.split("\n")[line - 1]).toMatch(new RegExp(`^"?${name}"?:`));
      }
    }),
    RUNS,
  );
});

test("YAML: other text is refused with a fault where yaml refuses it", () => {
  const unit = fc.constantFrom(..."ab:-#{}[],&*!|>'\"% \n\t?", "a: ", "- ", "<<: ", "&a ", "*a", "\n  ");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
      const read = parsed(() => layer(text), Fault);
      if (read === undefined) return;
      expect(read.values).toEqual(
        parse(text, { merge: true, maxAliasCount: 100, uniqueKeys: false, logLevel: "error" }) ?? {},
      );
    }),
    { ...RUNS, numRuns: 2_000 },
  );
});

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,6}$/);
const line = fc.stringMatching(/^[!-~é]([ -~é]{0,8}[!-~é])?$/).filter((text) => !/^[#;]/.test(text));
const value = fc.option(
  fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")),
  { nil: undefined },
);
const entries = fc.dictionary(word, value, { maxKeys: 4, noNullPrototype: true });
const document = fc
  .tuple(
    entries,
    fc.dictionary(
      word.filter((name) => name !== "DEFAULT"),
      entries,
      { maxKeys: 3, noNullPrototype: true },
    ),
  )
  .map(([defaults, sections]) => {
    const entriesOf = (all: Record<string, string | undefined>) =>
      new Map(Object.entries(all).map(([name, text]) => [name, { value: text, line: 0 }]));
    return {
      defaults: entriesOf(defaults),
      sections: new Map(Object.entries(sections).map(([name, all]) => [name, { line: 0, entries: entriesOf(all) }])),
    };
  });
const plain = ({ defaults, sections }: Pick<ReturnType<typeof parseIni>, "defaults" | "sections">) => {
  const valuesOf = (all: ReadonlyMap<string, { readonly value: string | undefined }>) =>
    Object.fromEntries([...all].map(([name, entry]) => [name, entry.value ?? null]));
  return {
    defaults: valuesOf(defaults),
    sections: Object.fromEntries([...sections].map(([name, section]) => [name, valuesOf(section.entries)])),
  };
};

test("accelerator.conf: what is written is read", () => {
  fc.assert(
    fc.property(document, (each) => {
      expect(plain(parseIni(formatIni(each), "f"))).toEqual(plain(each));
    }),
    RUNS,
  );
});

test("accelerator.conf: Python's configparser reads the same, and refuses the same", () => {
  const unit = fc.constantFrom(..."ab=:[]#; \n\t%", "[a]\n", "\n  ", "a = b\n", "\r\n", "é", "\u00a0");
  const texts = fc.sample(
    fc.string({ unit, maxLength: 25 }).map((text) => `[s]\n${text}`),
    { ...RUNS, numRuns: 1_500 },
  );
  const program = `
import configparser, io, json, sys
out = []
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser(allow_no_value=True)
    parser.optionxform = str
    try:
        parser.read_file(io.StringIO(text, newline=None))
        out.append({"defaults": parser._defaults, "sections": dict(parser._sections)})
    # A line that continues a key without a value ends in an AttributeError.
    except (configparser.Error, AttributeError):
        out.append(None)
json.dump(out, sys.stdout)`;
  const { stdout } = spawnSync("python3", ["-c", program], { input: JSON.stringify(texts), encoding: "utf8" });
  const theirs = JSON.parse(stdout) as unknown[];
  for (const [index, text] of texts.entries()) {
    const read = parsed(() => parseIni(text, "f"), Fault);
    expect([text, read === undefined ? null : plain(read)]).toEqual([text, theirs[index]]);
  }
});
