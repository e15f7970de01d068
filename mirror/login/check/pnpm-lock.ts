/** The packages of a `pnpm-lock.yaml`, of pnpm 8 and later. Pure. */
import { parse } from "yaml";
import { defined } from "../../../base/defined.js";
import { withoutBom } from "../../../base/text/bom.js";
import { isObject } from "../../is-object.js";
import { readable } from "../readable.js";
import { withoutPassword } from "./location.js";
import type { Lock } from "./lockfile.js";
import type { RequiredPackage } from "./required-package.js";

/** @returns undefined for what is no such file, or of an older pnpm. */
export function parsePnpmLock(text: string): Lock | undefined {
  const lock: unknown = readable(() => parse(withoutBom(text)));
  if (!isObject(lock) || Number.parseInt(String(lock.lockfileVersion), 10) < 6 || !("lockfileVersion" in lock))
    return undefined;
  // pnpm's YAML has this key of version 1.1, by which values come from elsewhere in the file.
  if ("<<" in lock || (lock.packages !== undefined && !isObject(lock.packages))) return undefined;
  const required: RequiredPackage[] = [];
  const elsewhere: string[] = [];
  for (const [key, row] of Object.entries(isObject(lock.packages) ? lock.packages : {})) {
    const resolution = isObject(row) ? row.resolution : undefined;
    if (!isObject(row) || !isObject(resolution) || !isKnown(resolution)) return undefined;
    // "/@acme/left@1.0.0(react@18.0.0)" before version 9, without the slash since.
    const id = key.replace(/^\//, "").replace(/\(.*$/, "");
    const at = id.indexOf("@", 1);
    const name = typeof row.name === "string" ? row.name : at < 0 ? id : id.slice(0, at);
    const { tarball, directory, repo } = resolution;
    const place = [tarball, directory, repo].find((each) => typeof each === "string");
    if (typeof directory === "string" || (typeof place === "string" && place.startsWith("file:")))
      elsewhere.push(`${name} ${place}`);
    else {
      const plain = typeof row.version === "string" ? row.version : at < 0 ? undefined : id.slice(at + 1);
      const version = plain === undefined || plain.includes("/") ? undefined : plain;
      // pnpm downloads from there, whatever its registry is.
      required.push(
        defined({ name, version, url: typeof place === "string" ? withoutPassword(place) : undefined, fixed: true }),
      );
    }
  }
  return { required, elsewhere };
}

const KEYS = new Set(["integrity", "tarball", "directory", "repo", "commit", "type", "path", "gitHosted"]);

/** Another kind of resolution may have its URL under another key. */
const isKnown = (resolution: Readonly<Record<string, unknown>>) =>
  Object.keys(resolution).every((key) => KEYS.has(key)) &&
  [undefined, "git", "directory"].some((type) => resolution.type === type);
