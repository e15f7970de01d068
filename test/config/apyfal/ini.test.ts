import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { formatIni, type IniDocument, type IniEntry, parseIni } from "../../../config/apyfal/ini.js";
import { root } from "../../support/cli.js";
import { faultText } from "../../support/fault-text.js";
import { type Random, seededRandom } from "../../support/random.js";

type Items = [key: string, value: string | null][];
interface Read {
  readonly defaults: Items;
  readonly sections: [name: string, items: Items][];
}

const items = (entries: ReadonlyMap<string, IniEntry>): Items =>
  [...entries].map(([key, { value }]) => [key, value ?? null]);

function plain({ defaults, sections }: Pick<IniDocument, "defaults" | "sections">): Read {
  return { defaults: items(defaults), sections: [...sections].map(([name, { entries }]) => [name, items(entries)]) };
}

const ours = (text: string): Read | null => {
  try {
    return plain(parseIni(text, "accelerator.conf"));
  } catch {
    return null;
  }
};

function pythons(texts: readonly string[]): (Read | null)[] {
  const { status, stdout, stderr } = spawnSync("python3", [`${root}/test/config/apyfal/read_ini.py`], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, PYTHONIOENCODING: "utf-8" },
  });
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as (Read | null)[];
}

const words = [
  "host",
  "host.AWS",
  "region",
  "Region",
  "key",
  "a b",
  "é",
  "__proto__",
  "constructor",
  "DEFAULT",
  "%(x)s",
];
const values = [
  "",
  "eu-west-1",
  "a = b",
  "x: y",
  "# no comment",
  "; nor this",
  "[z]",
  "$HOME `id`",
  "50%",
  "]",
  "\u2028",
];
const indents = ["", "", "", " ", "  ", "\t", "\u00a0", "\x1f", "\ufeff"];
const ends = ["\n", "\n", "\n", "\r\n", "\r", " \n", "\x85\n"];

function line(random: Random): string {
  const word = () => random.pick(words);
  const value = () => random.pick(values);
  const kinds: (() => string)[] = [
    () => `[${word()}]`,
    () => `[${word()}${random.pick(["]", " ] x", "]]", ""])}`,
    () =>
      `${word()}${random.chance(0.2) ? random.below(9) : ""} ${random.pick(["=", ":", "=", " = ", "=:"])} ${value()}`,
    () => `${word()}${random.below(30)} = ${value()}`,
    () => `${word()}${random.below(30)}=${value()}`,
    () => `${word()}${random.below(99)}`,
    () => `    ${value()}`,
    () => `${random.pick(["#", ";", " # ", "\t;"])}${value()}`,
    () => random.pick(["", " ", "\t"]),
    () => random.pick([`= ${value()}`, ":", "["]),
  ];
  // The last kind is nearly always an error, which would leave few documents to compare.
  const kind = random.chance(0.01) ? kinds.length - 1 : random.below(kinds.length - 1);
  return random.pick(indents) + (kinds[kind]?.() ?? "") + random.pick(ends);
}

function documents(count: number): string[] {
  const random = seededRandom(51);
  return Array.from({ length: count }, () => {
    const start = random.chance(0.9) ? `[s${random.below(3)}]\n` : "";
    return start + Array.from({ length: random.below(9) }, () => line(random)).join("");
  });
}

describe("A-51: the parser", () => {
  test("reads 5,000 random documents as Python's configparser does, and refuses the same ones", () => {
    const texts = documents(5_000);
    const theirs = pythons(texts);
    const differing = texts.filter((text, index) => JSON.stringify(ours(text)) !== JSON.stringify(theirs[index]));
    expect(differing).toEqual([]);
    const refused = theirs.filter((read) => read === null).length;
    expect(refused).toBeGreaterThan(250);
    expect(refused).toBeLessThan(3_750);
  });

  test("what it writes reads back as the same, here and in Python", () => {
    const read = documents(1_000).flatMap((text) => (ours(text) === null ? [] : [parseIni(text, "x")]));
    const written = read.map(formatIni);
    expect(written.map(ours)).toEqual(read.map(plain));
    expect(pythons(written)).toEqual(read.map(plain));
  });

  test("a byte order mark is no part of the first line", () => {
    expect(ours("\ufeff[host]\nregion = x\n")).toEqual({ defaults: [], sections: [["host", [["region", "x"]]]] });
  });

  test("knows the line of each key, each section and each comment", () => {
    const { sections, comments, defaults } = parseIni("; one\n\n[host]\na = 1\n  2\n\n# two\nb\n[DEFAULT]\nc=\n", "x");
    expect(sections.get("host")).toEqual({
      line: 3,
      entries: new Map([
        ["a", { value: "1\n2", line: 4 }],
        ["b", { value: undefined, line: 8 }],
      ]),
    });
    expect(defaults).toEqual(new Map([["c", { value: "", line: 10 }]]));
    expect(comments).toEqual([
      { line: 1, text: "; one" },
      { line: 7, text: "# two" },
    ]);
  });

  test("a file of one megabyte without a delimiter takes no time worth mentioning", () => {
    const text = `[host]\nkey${" ".repeat(1_000_000)}x\n`;
    expect(parseIni(text, "x").sections.get("host")?.entries.size).toBe(1);
  });

  test("says the line of what is wrong, and never a value", async () => {
    const texts = [
      "region = x\n",
      "[host]\na = 1\n[host]\n",
      "[host]\nsecret_id = 1\nb = 2\nsecret_id = 3\n",
      "[host]\n= 1\n",
      "[host]\nkey\n  more\n",
    ];
    const said = await Promise.all(texts.map((text) => faultText(() => parseIni(text, "accelerator.conf"))));
    expect(said.join("\n")).toMatchInlineSnapshot(`
      "accelerator.conf:1: a key stands before the first section
        begin with a section such as "[host]" (exit 2)
      accelerator.conf:3: the section "[host]" is written a second time
        the first one is at accelerator.conf:1; make one of the two (exit 2)
      accelerator.conf:4: "secret_id" is written a second time in "[host]"
        the first one is at accelerator.conf:2; keep one (exit 2)
      accelerator.conf:2: there is nothing before the "="
        write "key = value" (exit 2)
      accelerator.conf:3: the line is indented, but the key above has no value that it could go on with
        write "=" behind the key above, or begin this line at the margin (exit 2)"
    `);
  });
});
