import { expect, test } from "vitest";
import {
  formatMark,
  formatTerraformMark,
  isExpired,
  type Mark,
  parseMark,
  sameMark,
} from "../../../firewall/security-group/mark.js";

const until = new Date("2026-03-01T08:00:00Z");

test.each<[Mark, string]>([
  [{ owner: "faculty" }, "sallyport:faculty"],
  [{ owner: "accelerators", note: "caller" }, "sallyport:accelerators caller"],
  [
    { owner: "access", until, holders: ["alice", "bob@example.com"] },
    "sallyport:access until=2026-03-01T08:00:00Z for=alice,bob@example.com",
  ],
  [
    { owner: "faculty", until, holders: ["alice"], note: "over the weekend" },
    "sallyport:faculty until=2026-03-01T08:00:00Z for=alice over the weekend",
  ],
])("%j is written as a description and read back", (mark, text) => {
  expect(formatMark(mark)).toBe(text);
  expect(parseMark(text)).toEqual(mark);
});

test.each([
  undefined,
  "",
  "by hand",
  "sallyport",
  "sallyport:",
  "Sallyport:faculty",
  " sallyport:faculty",
  "sallyport:fac/ulty",
  "sallyport:access until=tomorrow",
  "sallyport:access until=2026-13-01T08:00:00Z",
  "sallyport:access until=2026-03-01T08:00:00Z until=2027-03-01T08:00:00Z",
  "sallyport:access for=",
  "sallyport:access for=alice,",
  "sallyport:lab managed-by=terraform caller",
])("%j claims nothing", (text) => {
  expect(parseMark(text)).toBeUndefined();
});

test.each(["until=2030-01-01T00:00:00Z", "for=eve later"])("a note cannot pass for a part of the mark: %s", (note) => {
  expect(() => formatMark({ owner: "access", until, holders: ["ada"], note })).toThrow("begins as a part of the mark");
});

test("what Terraform made is nobody's to change or remove, not even under the same owner", () => {
  expect(formatTerraformMark("lab", "allow_ports")).toBe("sallyport:lab managed-by=terraform allow_ports");
  expect(parseMark(formatTerraformMark("access", "until=2026-03-01T08:00:00Z"))).toBeUndefined();
});

test("words for people never make two marks differ, and the order of holders does not either", () => {
  const mark = { owner: "access", until, holders: ["alice", "bob"] };
  expect(sameMark(mark, { ...mark, holders: ["bob", "alice"], note: "moved" })).toBe(true);
  expect(sameMark(mark, { ...mark, holders: ["alice"] })).toBe(false);
  expect(sameMark(mark, { ...mark, owner: "faculty" })).toBe(false);
});

test("a lease is over at the instant that it names", () => {
  expect(isExpired({ owner: "access", until }, new Date(until.getTime() - 1))).toBe(false);
  expect(isExpired({ owner: "access", until }, until)).toBe(true);
  expect(isExpired({ owner: "faculty" }, until)).toBe(false);
});

test.each<[Mark, string, string]>([
  [{ owner: "my list" }, "firewall/bad-owner", '"my list" cannot name the owner of a rule'],
  [{ owner: "access", holders: ["al,ice"] }, "firewall/bad-name", '"al,ice" cannot name who holds a lease'],
  [
    { owner: "access", note: "é" },
    "firewall/bad-mark",
    '"sallyport:access é" has characters that EC2 refuses in a description',
  ],
])("%j is refused as %s", (mark, code, message) => {
  expect(() => formatMark(mark)).toThrow(expect.objectContaining({ code, message }));
});

test("a description longer than EC2 takes is refused before EC2 refuses it", () => {
  const holders = Array.from({ length: 6 }, (_, index) => `${index}${"a".repeat(60)}`);
  expect(() => formatMark({ owner: "access", holders })).toThrow(
    expect.objectContaining({ code: "firewall/mark-too-long" }),
  );
});
