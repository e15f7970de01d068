import { expect, test } from "vitest";
import { parseTarget } from "../../../http/server/target.js";

test.each([
  ["/a/b", "/a/b", ""],
  ["/a?b=c?d", "/a", "b=c?d"],
  ["/%2e%2e/..//x", "/%2e%2e/..//x", ""],
  ["//a", "//a", ""],
  ["http://h/a?q", "/a", "q"],
  ["HTTPS://h:1/a", "/a", ""],
  ["http://h?q", "/", "q"],
  ["https://h", "/", ""],
])("%j is the path %j as it was sent", (url, path, query) => {
  expect(parseTarget(url)).toEqual({ path, query });
});

test.each([
  "*",
  "host:443",
  "file:///etc/passwd",
  "HOST:///x",
  "a/b",
  "/a#b",
  "/a b",
  "/\xff",
  "/\0",
  "/a?\xe4",
  "https://h\\a",
  "https://user@h/a",
  "https:///a",
  "https://h:x/a",
])("%j is no path", (url) => {
  expect(parseTarget(url)).toBeUndefined();
});
