/** The packages of a `yarn.lock`, of Yarn 1 or of Yarn 2 and later. Pure. */
import { parse } from "yaml";
import { defined } from "../../../base/defined.js";
import { withoutBom } from "../../../base/text/bom.js";
import { isObject } from "../../is-object.js";
import { readable } from "../readable.js";
import { withoutPassword } from "./location.js";
import type { Lock } from "./lockfile.js";
import type { RequiredPackage } from "./required-package.js";

/** @returns undefined for what is no such file. */
export function parseYarnLock(text: string): Lock | undefined {
  const plain = withoutBom(text).replaceAll("\r\n", "\n");
  return /^# yarn lockfile v1$/m.test(plain) ? parseOld(plain) : parseBerry(plain);
}

const LOCAL = /^(?:file|link|portal):|^\.{0,2}\//;

/** Yarn 1: blocks of `"a@^1.0.0", a@^1.1.0:` with indented keys. */
function parseOld(text: string): Lock | undefined {
  const required: RequiredPackage[] = [];
  const elsewhere: string[] = [];
  for (const block of text.split(/\n(?=\S)/).filter((each) => !/^(?:#.*\n?|\s)*$/.test(each))) {
    const [head = "", ...lines] = block.split("\n");
    const [pattern] = /^"?((?:@[^"@,]+\/)?[^"@,]+@[^",]*)"?.*:$/.exec(head)?.slice(1) ?? [];
    const values = valuesOf(lines);
    const version = values?.get("version");
    if (pattern === undefined || values === undefined || version === undefined) return undefined;
    const at = pattern.indexOf("@", 1);
    const [alias, range] = [pattern.slice(0, at), pattern.slice(at + 1)];
    const name = /^npm:(@?[^@]+)/.exec(range)?.[1] ?? alias;
    const resolved = values.get("resolved")?.replace(/#[0-9a-f]{40}$/, "");
    if (LOCAL.test(resolved ?? range)) elsewhere.push(`${name} ${resolved ?? range}`);
    // Yarn 1 downloads from there, whatever its registry is.
    else
      required.push(
        defined({ name, version, url: resolved === undefined ? undefined : withoutPassword(resolved), fixed: true }),
      );
  }
  return { required, elsewhere };
}

/**
 * The keys of a block, as Yarn 1 itself writes them. Its parser takes more: quoted keys, comments, a key twice.
 *
 * @returns undefined for what Yarn 1 does not write, which could hide where a package comes from.
 */
function valuesOf(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const values = new Map<string, string>();
  let isInSection = false;
  for (const line of lines.filter((each) => each !== "")) {
    if (isInSection && /^ {4}\S/.test(line)) continue;
    isInSection = /^ {2}\w+:$/.test(line);
    if (isInSection) continue;
    const [, key, text = ""] = /^ {2}(\w+) ("(?:[^"\\]|\\.)*"|[^\s"#:]+)$/.exec(line) ?? [];
    const value = text.startsWith('"') ? readable((): unknown => JSON.parse(text)) : text;
    if (key === undefined || values.has(key) || typeof value !== "string") return undefined;
    values.set(key, value);
  }
  return values;
}

/** Yarn 2 and later: `resolution: "a@npm:1.0.0"`, with a URL only where it is not the registry's usual one. */
function parseBerry(text: string): Lock | undefined {
  const lock: unknown = readable(() => parse(text, { schema: "failsafe" }));
  if (!isObject(lock) || !isObject(lock.__metadata)) return undefined;
  const required: RequiredPackage[] = [];
  const elsewhere: string[] = [];
  for (const [key, row] of Object.entries(lock)) {
    if (key === "__metadata") continue;
    const resolution = isObject(row) && typeof row.resolution === "string" ? row.resolution : "";
    const [, name, place] = /^((?:@[^/@]+\/)?[^@]+)@(.+)$/.exec(resolution) ?? [];
    if (name === undefined || place === undefined) return undefined;
    const [reference = "", bindings = ""] = place.split("::");
    // The project itself; what a patch is made from has a row of its own.
    if (/^(?:workspace|patch|virtual):/.test(reference)) continue;
    if (LOCAL.test(reference)) elsewhere.push(`${name} ${reference}`);
    else if (reference.startsWith("npm:")) {
      const archive = new URLSearchParams(bindings).get("__archiveUrl") ?? undefined;
      const url = archive === undefined ? undefined : withoutPassword(archive);
      required.push(defined({ name, version: reference.slice("npm:".length), url, fixed: true }));
    } else required.push({ name, url: withoutPassword(reference), fixed: true });
  }
  return { required, elsewhere };
}
