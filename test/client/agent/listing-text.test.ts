import { expect, test } from "vitest";
import { listingText } from "../../../client/agent/listing-text.js";

const file = (name: string) => ({ name, type: "file" as const, size: 1, modified: "2026-01-01T00:00:00.000Z" });
const OTHERS = "that cannot be transferred: links, devices, names with \\ or not in UTF-8";

test("T-23, T-09: a listing tells what it does not show, and no name forges a line or steers the terminal", () => {
  expect(listingText({ path: "x", entries: [] })).toBe("empty");
  expect(listingText({ path: "x", entries: [], not_shown: 2 })).toBe(`and 2 ${OTHERS}`);
  expect(listingText({ path: "x", entries: [file("a\n1  b\t\u001b[2J")], not_shown: 1 }).split("\n")).toEqual([
    expect.stringMatching(/^1 +2026-01-01T00:00:00.000Z +a\\n1 {2}b\\t\\u001b\[2J$/),
    `and 1 ${OTHERS}`,
  ]);
});
