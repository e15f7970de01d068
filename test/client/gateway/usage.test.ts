import { expect, test } from "vitest";
import { bytesText, type Used, usageText, usedBy } from "../../../client/gateway/usage.js";

const used = (conn_port: number, last_used: string, more: Partial<Used> = {}): Used => ({
  conn_port,
  owner: "ada",
  target_name: "build1",
  bytes: 1_234_567,
  connections: 3,
  first_used: "2026-01-01T10:00:00.000Z",
  last_used,
  ...more,
});

test("the latest first, one machine's if wanted, and what is removed is said to be", () => {
  const { target_name: _, ...gone } = used(50_002, "2026-01-03T10:00:00.000Z");
  const all = [
    used(50_000, "2026-01-01T11:00:00.000Z"),
    used(50_001, "2026-01-02T11:00:00.000Z", { target_name: "win10" }),
    gone,
  ];
  expect(usageText(usedBy(all, undefined), "2026-01-01T00:00:00.000Z")).toBe(
    [
      "Name       Port   User  Connections  Traffic  First used         Last used",
      "(removed)  50002  ada   3            1.2 MB   2026-01-01 10:00Z  2026-01-03 10:00Z",
      "win10      50001  ada   3            1.2 MB   2026-01-01 10:00Z  2026-01-02 11:00Z",
      "build1     50000  ada   3            1.2 MB   2026-01-01 10:00Z  2026-01-01 11:00Z",
    ].join("\n"),
  );
  expect(usedBy(all, "win10").map(({ conn_port }) => conn_port)).toEqual([50_001]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [123_456, "123 kB"],
  [5e12, "5.0 TB"],
  [5e16, "50000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
