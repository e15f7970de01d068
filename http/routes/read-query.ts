/** A query string as the values that a route's schema describes. Pure. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { QueryOf } from "./route.js";

/** What a daemon says about a query that does not fit. */
export interface QueryProblems {
  unknown(name: string, known: readonly string[]): Error;
  /** @returns undefined where the first value counts. */
  repeated(name: string, values: readonly string[]): Error | undefined;
  invalid(name: string, text: string, schema: TSchema): Error;
}

/**
 * Reads strings, whole numbers and choices between strings; defaults are filled in.
 *
 * @throws what `problems` makes of the first thing that does not fit.
 */
export function readQuery<Q extends TObject>(schema: Q, query: URLSearchParams, problems: QueryProblems): QueryOf<Q> {
  const properties: Readonly<Record<string, TSchema>> = schema.properties;
  const names = new Set(query.keys());
  for (const name of names) {
    if (!Object.hasOwn(properties, name)) throw problems.unknown(name, Object.keys(properties));
  }
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const texts = query.getAll(name);
    const repeated = texts.length > 1 ? problems.repeated(name, texts) : undefined;
    if (repeated !== undefined) throw repeated;
  }
  for (const [name, property] of Object.entries(properties)) {
    const text = query.get(name);
    const value = text === null ? property.default : readValue(text, property);
    if (text !== null && value === undefined) throw problems.invalid(name, text, property);
    if (value !== undefined) values[name] = value;
  }
  return values as QueryOf<Q>;
}

/** @returns undefined for what the schema refuses. */
function readValue(text: string, schema: TSchema): string | number | undefined {
  if (schema.type === "integer") {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  }
  const choices = choicesOf(schema);
  return choices === undefined || choices.includes(text) ? text : undefined;
}

/** The strings that a union of literals allows; undefined for any other schema. */
export function choicesOf(schema: TSchema): readonly string[] | undefined {
  const literals: unknown = schema.anyOf;
  return Array.isArray(literals) ? literals.map((literal: TSchema) => String(literal.const)) : undefined;
}
