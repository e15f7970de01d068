/** Paths of files: every name comes through as it was encoded, and none that comes through can leave its directory. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FILES_PREFIX, parseFilePath } from "../../../agent/guard/file-path.js";
import { Problem } from "../../../http/problem.js";
import { parsed, RUNS } from "../../support/properties.js";

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => !/[/\\\0]/.test(text) && ![".", ".."].includes(text) && !text.startsWith(".sallyport"));

test("encoded names are read as they were, however they are encoded", () => {
  const everyByte = (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const names = fc.array(name, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(names, fc.constantFrom(encodeURIComponent, everyByte), fc.boolean(), (all, encode, slash) => {
      const path = FILES_PREFIX + all.map(encode).join("/") + (slash ? "/" : "");
      const [directory, ...rest] = all;
      expect(parseFilePath(path)).toEqual({ directory, names: rest, slash });
    }),
    RUNS,
  );
});

test("whatever else comes is a problem, or names below one directory", () => {
  const unit = fc.constantFrom(..."a./%\\ \0é", "..", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%c0%ae", "%ff", "//");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
      const path = parsed(() => parseFilePath(FILES_PREFIX + text), Problem);
      if (path === undefined) return;
      for (const each of [path.directory, ...path.names]) {
        expect([text, each]).not.toEqual([text, ".."]);
        expect(each).not.toMatch(/[/\\\0]/);
      }
      expect(path.names).not.toContain("");
      expect(path.names).not.toContain(".");
    }),
    { ...RUNS, numRuns: 3_000 },
  );
});
