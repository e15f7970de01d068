import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestField, parseDigest, wantsDigest } from "../../../http/headers/digest.js";

const sha256 = createHash("sha256").update("x").digest();

test("what is written is read back", () => {
  expect(parseDigest(digestField(sha256))).toEqual(sha256);
  expect(parseDigest(["sha-512=:AAAA:", digestField(sha256)])).toEqual(sha256);
});

test.each([undefined, "", "sha-512=:AAAA:", "md5=:AAAA:"])("%j names no SHA-256", (header) => {
  expect(parseDigest(header)).toBe("absent");
});

test.each(["sha-256=", "sha-256=:abc:", "sha-256=abc", `sha-256=:${"A".repeat(44)}:`])("%j is malformed", (header) => {
  expect(parseDigest(header)).toBe("malformed");
});

test.each([
  ["sha-256=1", true],
  ["sha-512=3, sha-256=10", true],
  ["sha-256=0", false],
  ["sha-256", false],
  ["sha-512=1", false],
  [undefined, false],
])("Want-Repr-Digest: %s asks for SHA-256: %s", (header, wanted) => {
  expect(wantsDigest(header)).toBe(wanted);
});
