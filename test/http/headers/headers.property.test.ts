/** Headers and targets: what is written is read back, and node's URL and Date agree. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bearerOfBasic } from "../../../http/headers/basic.js";
import { parseHttpDate } from "../../../http/headers/date.js";
import { digestField, parseDigest } from "../../../http/headers/digest.js";
import { parseTags } from "../../../http/headers/etag.js";
import { isHost } from "../../../http/headers/host.js";
import { selectRange } from "../../../http/headers/range.js";
import { parseTarget } from "../../../http/server/target.js";
import { RUNS } from "../../support/properties.js";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number) => String(value).padStart(2, "0");

function spellings(date: Date): string[] {
  const [day, month] = [DAYS[date.getUTCDay()] ?? "", MONTHS[date.getUTCMonth()]];
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  const year = date.getUTCFullYear();
  return [
    date.toUTCString(),
    `${day}, ${two(date.getUTCDate())}-${month}-${two(year % 100)} ${time} GMT`,
    `${day.slice(0, 3)} ${month} ${String(date.getUTCDate()).padStart(2)} ${time} ${year}`,
  ];
}

test("a date is read in each of its three spellings, and nothing is read into other text", () => {
  const date = fc.date({ min: new Date("1977-01-01T00:00:00Z"), max: new Date("2076-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(date, (each) => {
      const seconds = Math.floor(each.getTime() / 1000);
      expect(spellings(each).map((text) => parseHttpDate(text, NOW))).toEqual([seconds, seconds, seconds]);
    }),
    RUNS,
  );
  const broken = fc.tuple(date, fc.nat(2), fc.nat(40), fc.string({ minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(broken, ([each, which, at, more]) => {
      const text = spellings(each)[which] ?? "";
      const changed = text.slice(0, at) + more + text.slice(at + 1);
      const seconds = parseHttpDate(changed, NOW);
      if (seconds === undefined) return;
      // Whatever still is a date reads as one of the spellings of that moment, but for the name of its day.
      const nameless = (value: string) => value.replace(/^[A-Z][a-z]+,? /, "");
      expect(spellings(new Date(seconds * 1000)).map(nameless)).toContain(nameless(changed));
    }),
    RUNS,
  );
});

const spec = fc.oneof(
  fc.tuple(fc.nat(30), fc.nat(30)).map(([a, b]) => `${a}-${b}`),
  fc.nat(30).map((a) => `${a}-`),
  fc.nat(30).map((a) => `-${a}`),
  fc.constantFrom("", " ", "\t"),
);

test("a range is the bytes that it names, or the whole file", () => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 4 }), fc.nat(20), (specs, size) => {
      const content = Array.from({ length: size }, (_, index) => index);
      const named = specs.map((each) => each.trim()).filter((each) => each !== "");
      const slices = named.map((each) => {
        const [first = "", last = ""] = each.split("-");
        if (first === "") return Number(last) === 0 ? [] : content.slice(-Number(last));
        if (last !== "" && Number(last) < Number(first)) return undefined;
        return content.slice(Number(first), last === "" ? undefined : Number(last) + 1);
      });
      const selected = selectRange(`bytes=${specs.join(",")}`, size);
      if (named.length === 0) expect(selected.kind).toBe("whole");
      if (selected.kind === "part") {
        expect(named).toHaveLength(1);
        expect(content.slice(selected.start, selected.start + selected.length)).toEqual(slices[0]);
        expect(selected.length).toBeGreaterThan(0);
      }
      if (selected.kind === "unsatisfiable") expect(slices.every((slice) => slice?.length === 0)).toBe(true);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});

test("entity tags: a list is read as it was written, with empty members or without", () => {
  const opaque = fc.string({ unit: fc.constantFrom(..."!#$%,ab*/ÿ"), maxLength: 6 });
  const tag = fc.tuple(fc.constantFrom("", "W/"), opaque).map(([weak, text]) => `${weak}"${text}"`);
  const gap = fc.constantFrom(",", ", ", " ,", ",,", " , ,\t");
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 5 }), gap, (tags, between) => {
      expect(parseTags(tags.join(between))).toEqual(tags);
      expect(parseTags(`,${tags.join(between)} ,`)).toEqual(tags);
      // One thing that is no tag spoils all.
      expect(parseTags([...tags, "x"].join(between))).toEqual([]);
    }),
    RUNS,
  );
});

test("a digest and the password of Basic are read back", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.stringMatching(/^[\x20-\x7e]*$/),
      (hash, secret) => {
        expect(parseDigest(`md5=:AA==:, ${digestField(Buffer.from(hash))}`)).toEqual(Buffer.from(hash));
        const encoded = Buffer.from(`user:${secret}`).toString("base64");
        expect(bearerOfBasic(`Basic ${encoded}`)).toBe(`Bearer ${secret}`);
      },
    ),
    RUNS,
  );
});

test("URL agrees on hosts, and on the path of a target in absolute form", () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.string({ unit: fc.constantFrom(..."ab1.-:@/?#[]% ,\\"), minLength: 1, maxLength: 8 }),
  );
  const port = fc.oneof(
    fc.constant(""),
    fc.nat(70_000).map((number) => `:${number}`),
  );
  const path = fc.oneof(
    fc.webPath().map((text) => text || "/"),
    fc.string({ unit: fc.constantFrom(..."ab1.-:@/?#%\\ é"), maxLength: 12 }).map((text) => `/${text}`),
  );
  fc.assert(
    fc.property(host, port, path, (name, number, rest) => {
      const authority = name + number;
      if (isHost(authority)) expect([authority, URL.canParse(`ws-test://${authority}/`)]).toEqual([authority, true]);
      const target = parseTarget(`https://${authority}${rest}`);
      if (target === undefined) return;
      const [named = ""] = authority.split(/[/?#\\]/, 1);
      expect(isHost(named)).toBe(true);
      if (named !== authority) return;
      // A scheme that URL does not know leaves the path as it is, but for dots.
      const url = new URL(`ws-test://${authority}${rest}`);
      if (!/(^|\/)(\.|%2e)+(\/|$)/i.test(target.path))
        expect([url.pathname, url.search]).toEqual([target.path, target.query === "" ? "" : `?${target.query}`]);
      expect(parseTarget(rest)).toEqual(target);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});
