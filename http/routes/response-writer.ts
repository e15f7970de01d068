/** JSON of responses by their schemas: a member that the schema does not name never leaves the host. */
import fastJson, { type Schema } from "fast-json-stringify";
import type { Route } from "./route.js";

/** @returns the text of a route's JSON response; with a schema for the status, in the schema's order and no more. */
export function responseWriter({ responses }: Pick<Route, "responses">): (status: number, value: unknown) => string {
  const writers = new Map(
    Object.entries(responses).flatMap(([status, { schema }]) =>
      schema === undefined ? [] : [[Number(status), fastJson(schema as unknown as Schema)] as const],
    ),
  );
  return (status, value) => (writers.get(status) ?? JSON.stringify)(value);
}
