/** Whether options fit their schema, said in the words that the schema has for it. */
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Value } from "@sinclair/typebox/value";
import { nearest } from "../../base/text/nearest.js";
import * as errors from "../errors.js";
import { type Origins, writtenAt } from "./origins.js";
import { type FirewallOptions, FirewallOptionsSchema } from "./schema.js";

/** @throws Fault for the first option that is unknown or of another shape. */
export function checkShape(options: unknown, origins: Origins): asserts options is FirewallOptions {
  const found = [...Value.Errors(FirewallOptionsSchema, options)].filter((error) => !isReference(error));
  const error = found.find(({ type }) => type === ValueErrorType.ObjectAdditionalProperties) ?? found[0];
  if (error === undefined) return;
  const path = pathOf(error.path);
  const where = writtenAt(origins, path);
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    throw errors.unknownOption(where, path, nearest(keyOf(error.path), Object.keys(error.schema.properties ?? {})));
  }
  throw errors.badOption(where, path, error.value, String(error.schema.errorMessage ?? error.message));
}

/** A program may pass a reference to a list or a group that the same app makes; Terraform fills it in. */
function isReference({ type, value }: ValueError): boolean {
  return type === ValueErrorType.StringPattern && typeof value === "string" && value.startsWith("${");
}

const keyOf = (pointer: string): string => pointer.slice(pointer.lastIndexOf("/") + 1);

/** `/ingress/0/ports/1` → `ingress[0].ports[1]` */
function pathOf(pointer: string): string {
  return pointer
    .slice(1)
    .split("/")
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
