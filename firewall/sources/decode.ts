import * as faults from "./faults.js";

/** Decodes UTF-8 and drops the byte order mark. @throws Fault for invalid UTF-8 */
export function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw faults.notText(name);
  }
}
