import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { responseWriter } from "../../../http/routes/response-writer.js";

const write = responseWriter({
  responses: {
    200: {
      description: "One.",
      schema: Type.Object({
        a: Type.String(),
        b: Type.Optional(Type.Integer()),
        c: Type.Union([Type.Null(), Type.Boolean()]),
      }),
    },
    404: { description: "None." },
  },
});

test("a member that the schema does not name stays here, and the order is the schema's", () => {
  expect(write(200, { secret: "x", c: null, a: "one" })).toBe('{"a":"one","c":null}');
});

test("without a schema for its status, a value is written as it is", () => {
  expect(write(404, { b: 1, a: 2 })).toBe('{"b":1,"a":2}');
});
