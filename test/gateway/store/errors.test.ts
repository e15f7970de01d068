import { expect, test } from "vitest";
import { isDatabaseGone } from "../../../gateway/store/errors.js";

const withCode = (code: string) => Object.assign(new Error("said by pg"), { code });

test.each([
  ["ECONNREFUSED", true],
  ["ECONNRESET", true],
  // admin_shutdown, crash_shutdown, cannot_connect_now, connection_failure
  ["57P01", true],
  ["57P02", true],
  ["57P03", true],
  ["08006", true],
  // unique_violation, query_canceled, out of disk
  ["23505", false],
  ["57014", false],
  ["53100", false],
])("%s: the database is gone: %s", (code, gone) => {
  expect(isDatabaseGone(withCode(code))).toBe(gone);
});

test("what comes without a code, or as several in one", () => {
  expect(isDatabaseGone(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isDatabaseGone(new Error("Connection terminated"))).toBe(true);
  expect(isDatabaseGone(new Error("timeout exceeded when trying to connect"))).toBe(true);
  expect(isDatabaseGone(new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]))).toBe(true);
  expect(isDatabaseGone(new TypeError("x is not a function"))).toBe(false);
  expect(isDatabaseGone("a text")).toBe(false);
});
