/** Checks one layer against the schema before merging, so that an error can name the place of the value. */
import type { ErrorObject } from "ajv";
import { nearest, snakeCase } from "../../base/text/nearest.js";
import { unknownKey, wrongName, wrongValue } from "../errors.js";
import { type Layer, pointerPath, pointerStep } from "../origin.js";
import { validate } from "../schema-check.js";

/** @throws Fault for the first error. */
export function checkLayer(layer: Layer): void {
  if (validate(layer.values)) return;
  const error = mostTelling(withoutKnownKeys(validate.errors ?? []));
  if (error === undefined) return;
  if (isUnknownKey(error)) {
    const key = String(error.params.additionalProperty);
    const known = Object.keys(error.parentSchema?.properties ?? {});
    throw unknownKey(layer.where(error.instancePath + pointerStep(key)), key, suggestion(key, known));
  }
  const refusedName = error.keyword === "additionalProperties" ? String(error.params.additionalProperty) : undefined;
  const at = error.instancePath + (refusedName === undefined ? "" : pointerStep(refusedName));
  const expected = String(
    error.parentSchema?.errorMessage ?? unionMessage(error, validate.errors ?? []) ?? error.message,
  );
  if (refusedName !== undefined)
    throw wrongName(layer.where(at), pointerPath(error.instancePath), refusedName, expected);
  throw wrongValue(layer.where(at), pointerPath(at), error.data, expected);
}

function suggestion(key: string, known: readonly string[]): string | undefined {
  const snake = snakeCase(key);
  return known.includes(snake) ? snake : (nearest(snake, known) ?? oneWithin(snake, known));
}

/** `enabled_ssl_cert_crt` is far from `ssl_cert_crt` by edit distance, yet contains it. */
function oneWithin(word: string, known: readonly string[]): string | undefined {
  const within = known.filter(
    (candidate) => candidate.length > 4 && (word.includes(candidate) || candidate.includes(word)),
  );
  return within.length === 1 ? within[0] : undefined;
}

/**
 * A union reports every branch that failed. The helpful report is about the deepest value, and among those the one from
 * the branch that had the right type and rejected only the content.
 */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject) => error.instancePath.split("/").length;
  const unknown = (error: ErrorObject) => (isUnknownKey(error) ? 1 : 0);
  return [...errors].sort((a, b) => unknown(b) - unknown(a) || depth(b) - depth(a) || rank(b) - rank(a))[0];
}

/** A branch without a message uses the one of its union. */
function unionMessage({ instancePath }: ErrorObject, errors: readonly ErrorObject[]): unknown {
  const union = errors.find((error) => error.keyword === "anyOf" && error.instancePath === instancePath);
  return union?.parentSchema?.errorMessage;
}

/** A key is not unknown if any branch of the union knows it. */
function withoutKnownKeys(errors: readonly ErrorObject[]): ErrorObject[] {
  const branches = (path: string): readonly { readonly properties?: object }[] =>
    errors.find(({ keyword, instancePath }) => keyword === "anyOf" && instancePath === path)?.parentSchema?.anyOf ?? [];
  return errors.filter(({ instancePath, keyword, params }) => {
    if (keyword !== "additionalProperties") return true;
    const key = String(params.additionalProperty);
    return !branches(instancePath).some(({ properties = {} }) => Object.hasOwn(properties, key));
  });
}

function rank({ keyword }: ErrorObject): number {
  return ["type", "const", "anyOf", "required"].indexOf(keyword) + 1 || 9;
}

function isUnknownKey(error: ErrorObject): boolean {
  return error.keyword === "additionalProperties" && error.parentSchema?.properties !== undefined;
}
