/**
 * The response of Faculty's `GET /api/cluster/ip-addresses`, and of `sallyport addresses serve`:
 *
 *     {"ipAddresses": ["101.2.3.4", "105.6.7.8"]}
 *
 * The order has no meaning. The list has the shared servers, not the dedicated ones.
 */
import * as faults from "./faults.js";
import { found, kindOf, parseJson, readTexts } from "./json-document.js";
import { resolvePointer } from "./json-pointer.js";
import type { ListEntry } from "./list-source.js";

export const FACULTY_PATH = "/api/cluster/ip-addresses";

export function readFaculty(text: string, name: string): ListEntry[] {
  const { value } = found(resolvePointer(parseJson(text, name), ["ipAddresses"]), name);
  if (!Array.isArray(value)) throw faults.notAList(name, "/ipAddresses", kindOf(value));
  return readTexts(value, "/ipAddresses", name);
}
