import { Type } from "@sinclair/typebox";
import { describe, expect, test } from "vitest";
import { type QueryProblems, readQuery } from "../../../http/routes/read-query.js";

const schema = Type.Object({
  owner: Type.Optional(Type.String()),
  state: Type.Optional(Type.Union([Type.Literal("up"), Type.Literal("down")])),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
});
const problems: QueryProblems = {
  unknown: (name, known) => new Error(`unknown ${name}: ${known.join(", ")}`),
  repeated: (name, values) => (name === "owner" ? undefined : new Error(`repeated ${name}: ${values.join(", ")}`)),
  invalid: (name, text) => new Error(`invalid ${name}: ${text}`),
};
const read = (text: string) => readQuery(schema, new URLSearchParams(text), problems);

test("values have the types of the schema, and defaults are filled in", () => {
  expect(read("owner=a%20b&state=up&limit=7")).toEqual({ owner: "a b", state: "up", limit: 7 });
  expect(read("")).toEqual({ limit: 100 });
});

describe("what does not fit is refused", () => {
  test.each([
    ["ownr=x", "unknown ownr: owner, state, limit"],
    ["__proto__=x", "unknown __proto__: owner, state, limit"],
    ["limit=1&limit=2", "repeated limit: 1, 2"],
    ["state=sideways", "invalid state: sideways"],
    ["state=", "invalid state: "],
    ["limit=0", "invalid limit: 0"],
    ["limit=1001", "invalid limit: 1001"],
    ["limit=", "invalid limit: "],
    ["limit=1e2", "invalid limit: 1e2"],
  ])("%s", (query, message) => {
    expect(() => read(query)).toThrow(message);
  });

  test("unless the first of several values counts", () => {
    expect(read("owner=a&owner=b")).toEqual({ owner: "a", limit: 100 });
  });
});
