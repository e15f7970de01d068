/** Parsers of flag values that several commands share. */
import { resolve } from "node:path";
import { quote, usageFaults } from "../base/fault.js";

export const usage = usageFaults("cli");

/** Collects the values of an option that may be repeated, but takes one value at a time. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** A port as typed. */
export function portFlag(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw usage("bad-port", `${flag} is ${quote(text)}`, "write a port from 1 to 65535");
}

/** An absolute path, if a path was given. */
export function pathFlag(path: string | undefined, { cwd }: { readonly cwd: string }): string | undefined {
  return path === undefined ? undefined : resolve(cwd, path);
}
