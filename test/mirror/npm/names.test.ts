import { expect, test } from "vitest";
import { isNpmName } from "../../../mirror/npm/names.js";

test.each(["left", "@acme/left", "JSONStream", "lodash.merge"])("npm has the name %j", (name) => {
  expect(isNpmName(name)).toBe(true);
});

test.each(["", ".", "..", "@acme", "@/x", "a/b", "@a/b/c", "node_modules", "a b", "@acme/.."])(
  "npm has no name %j",
  (name) => {
    expect(isNpmName(name)).toBe(false);
  },
);
