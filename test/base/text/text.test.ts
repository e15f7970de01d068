import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { byText, compareText } from "../../../base/text/compare.js";
import { errorText } from "../../../base/text/error-text.js";
import { shellQuote, shellWord } from "../../../base/text/shell.js";
import { table } from "../../../base/text/table.js";

test.each(["plain/word-1.0", "two words", "it's", "$(id)", "`id`", "a\nb", "*", "~/x", "", "-n", "\\"])(
  "a shell reads %j back as one word",
  (word) => {
    const script = `printf '%s|' ${shellQuote(word)} ${shellWord(word)}`;
    expect(execFileSync("/bin/sh", ["-c", script]).toString()).toBe(`${word}|${word}|`);
  },
);

test("a word is bare where a person would leave it bare", () => {
  expect(["/etc/hosts", "a=b,c", "a b", ""].map(shellWord)).toEqual(["/etc/hosts", "a=b,c", "'a b'", "''"]);
});

test("text is ordered by code unit, whatever the locale", () => {
  expect(["b", "a", "Z", "ä", "a"].sort(compareText)).toEqual(["Z", "a", "a", "b", "ä"]);
  expect([{ n: "b" }, { n: "a" }].sort(byText(({ n }) => n))).toEqual([{ n: "a" }, { n: "b" }]);
});

test("T-09: a cell of a table passes for no other cell and no row", () => {
  expect(
    table([
      ["a\nb", "c\td"],
      ["long enough", "e"],
    ]),
  ).toBe("a\\nb         c\\td\nlong enough  e");
});

test("errorText takes the message of an error, and any other value as text", () => {
  expect([new Error("no"), "text", 7, undefined].map(errorText)).toEqual(["no", "text", "7", "undefined"]);
});
