/** Reads the JSON body of a request, in the shape that its route wants. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { readJson } from "../../http/server/body/read-json.js";
import type { Exchange } from "../../http/server/exchange.js";
import { badRequest } from "./problems.js";

/** The longest is a grant with some addresses. */
const MAX_BYTES = 16 * 1024;

/** @throws Problem 400 or 413 */
export async function readDocument<S extends TSchema>(exchange: Exchange, schema: S): Promise<Static<S>> {
  const value = await readJson(exchange, MAX_BYTES);
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw badRequest(`${first?.path || "the document"}: ${first?.message ?? "not as expected"}`);
}
