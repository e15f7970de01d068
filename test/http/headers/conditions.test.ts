import { describe, expect, test } from "vitest";
import { evaluate, rangeStillHolds } from "../../../http/headers/conditions.js";
import { parseTags, strongMatch, weakMatch } from "../../../http/headers/etag.js";

const current = { etag: '"a"', modifiedMs: Date.parse("2026-01-02T03:04:05.678Z") };
const SAME = "Fri, 02 Jan 2026 03:04:05 GMT";
const OLDER = "Fri, 02 Jan 2026 03:04:04 GMT";

describe("evaluate", () => {
  test.each([
    ["GET", {}, "proceed"],
    ["GET", { "if-none-match": '"a"' }, "not-modified"],
    ["PUT", { "if-none-match": '"a"' }, "failed"],
    ["PUT", { "if-none-match": "*" }, "failed"],
    ["GET", { "if-match": '"b"', "if-none-match": '"a"' }, "failed"],
    ["GET", { "if-match": '"a"', "if-unmodified-since": OLDER }, "proceed"],
    ["GET", { "if-none-match": '"b"', "if-modified-since": SAME }, "proceed"],
    ["PUT", { "if-modified-since": SAME }, "proceed"],
    ["PUT", { "if-unmodified-since": OLDER }, "failed"],
    ["GET", { "if-match": "not a list" }, "failed"],
    ["GET", { "if-none-match": "not a list" }, "proceed"],
  ])("%s with %j → %s", (method, headers, verdict) => {
    expect(evaluate(method, headers, current)).toBe(verdict);
  });

  test.each([
    [{ "if-match": "*" }, "failed"],
    [{ "if-match": '"a"' }, "failed"],
    [{ "if-none-match": "*" }, "proceed"],
    [{ "if-unmodified-since": OLDER }, "proceed"],
  ])("where nothing exists, %j → %s", (headers, verdict) => {
    expect(evaluate("PUT", headers, undefined)).toBe(verdict);
  });
});

test("a part may be sent while If-Range names the very state that is there", () => {
  expect(rangeStillHolds(undefined, current)).toBe(true);
  expect(rangeStillHolds('"a"', current)).toBe(true);
  expect(rangeStillHolds('W/"a"', current)).toBe(false);
  // Weak: the file may have changed twice within that second.
  expect(rangeStillHolds(SAME, current)).toBe(false);
  expect(rangeStillHolds(OLDER, current)).toBe(false);
  expect(rangeStillHolds("nonsense", current)).toBe(false);
});

test("lists of tags are read whole or not at all", () => {
  expect(parseTags(" * ")).toBe("*");
  expect(parseTags('"a", W/"b,c"')).toEqual(['"a"', 'W/"b,c"']);
  expect(parseTags('"a", b')).toEqual([]);
});

test("a weak tag never matches strongly", () => {
  expect(strongMatch('"a"', '"a"')).toBe(true);
  expect(strongMatch('W/"a"', 'W/"a"')).toBe(false);
  expect(weakMatch('W/"a"', '"a"')).toBe(true);
});
