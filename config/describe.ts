/** Describes the keys: for the template of `config init`, the table in the docs, and shell completion. */
import type { TSchema } from "@sinclair/typebox";
import { ConfigFileSchema, type ConfigKey, configKeys } from "./schema.js";
import { envName } from "./text-layers.js";

export interface KeyDescription {
  readonly key: ConfigKey;
  /** `text`, `whole number`, `"rsa" or "ed25519"`, `list of whole numbers` … */
  readonly type: string;
  readonly description: string;
  /** Undefined for a key without a default, whose absence has a meaning of its own. */
  readonly fallback: unknown;
  readonly variable: string;
}

export function describeKeys(): KeyDescription[] {
  return configKeys.map((key) => {
    const schema: TSchema = ConfigFileSchema.properties[key];
    return {
      key,
      type: typeInWords(schema),
      description: schema.description ?? "",
      fallback: schema.default,
      variable: envName(key),
    };
  });
}

/** The type of a schema in plain words. */
export function typeInWords(schema: TSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.anyOf)) return [...new Set<string>(schema.anyOf.map(typeInWords))].join(" or ");
  switch (schema.type) {
    case "string":
      return "text";
    case "null":
      return "null";
    case "number":
      return "number";
    case "integer":
      return "whole number";
    case "boolean":
      return "true or false";
    case "array":
      return `list of ${plural(typeInWords(schema.items))}`;
    default:
      return schema.patternProperties === undefined ? "mapping" : `names with ${plural(values(schema))}`;
  }
}

function values(schema: TSchema): string {
  return typeInWords(Object.values<TSchema>(schema.patternProperties)[0] ?? schema);
}

function plural(type: string): string {
  return type
    .split(" or ")
    .map((word) => `${word}s`)
    .join(" or ");
}
