/** A list in a JSON document: an array of texts, or one text, at a JSON pointer. */
import * as faults from "./faults.js";
import { type Found, pointerText, resolvePointer } from "./json-pointer.js";
import type { ListEntry } from "./list-source.js";

/** @throws Fault if `text` is not JSON, or has no text or array of texts at the pointer. */
export function readJsonDocument(text: string, pointer: readonly string[], name: string): ListEntry[] {
  const { value } = found(resolvePointer(parseJson(text, name), pointer), name);
  const at = pointerText(pointer);
  if (typeof value === "string") return [{ text: value, at }];
  if (!Array.isArray(value)) throw faults.notAList(name, at, kindOf(value));
  return readTexts(value, at, name);
}

export function readTexts(values: readonly unknown[], at: string, name: string): ListEntry[] {
  return values.map((value, index): ListEntry => {
    if (typeof value !== "string") throw faults.notAText(name, `${at}/${index}`, kindOf(value));
    return { text: value, at: `${at}/${index}` };
  });
}

export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw faults.notJson(name, text, error);
  }
}

/** @throws Fault that names the missing key. */
export function found(result: Found, name: string): { readonly value: unknown } {
  if ("missing" in result) throw faults.noKey(name, result.missing, pointerText(result.from));
  return result;
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return (
    { object: "an object", string: "a text", number: "a number", boolean: "a boolean" }[typeof value as string] ??
    "nothing"
  );
}
