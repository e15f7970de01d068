import * as faults from "./faults.js";

/** UTF-8 to text, without its byte order mark. @throws Fault for what is not UTF-8 */
export function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw faults.notText(name);
  }
}
