/**
 * `host://` URLs as Apyfal writes them, in `app.specific.src` and `.dst`: an absolute path of the host. What
 * they may name is decided here by the path alone, without a look at the disk; that nothing on the way is a
 * link is the guard's, when the file is opened. Everything that is not `host://` is refused, in any spelling:
 * a path in another form must not come to mean a file of this host.
 */
import { isAbsolute, join, normalize, sep } from "node:path";
import type { Root } from "../guard/roots.js";
import type { FileRef, JsonObject } from "../jobs/types.js";
import { expandPath } from "../settings/load.js";
import type { HostDir } from "../settings/schema.js";
import { specificOf } from "./parameters.js";
import { badParameters, foreignUrl, notHostUrl, relativeHostPath, twoUrls, unauthorizedPath } from "./problems.js";

export type HostRef = Extract<FileRef, { kind: "host" }>;

/** An authorized directory under one of its names: as the configuration writes it, or where it really is. */
export interface Place {
  readonly directory: string;
  /** Absolute, without a slash at its end. */
  readonly path: string;
}

export const SOURCES = ["src", "file_in", "datafile"] as const;
export const DESTINATIONS = ["dst", "file_out"] as const;

export interface Fence {
  readonly places: readonly Place[];
  /** For "~". */
  readonly home: string | undefined;
}

/** @param dirs as configured. @param roots what they are, in the same order. */
export function fenceOf(dirs: readonly HostDir[], roots: readonly Root[], env: NodeJS.ProcessEnv): Fence {
  const places = roots.flatMap((root, index) => {
    const written = expandPath("authorized_host_dirs", dirs[index]?.path ?? root.path, env);
    return [...new Set([root.path, withoutLastSlash(normalize(written))])].map((path) => ({
      directory: root.name,
      path,
    }));
  });
  return { places, home: env.HOME };
}

/** The one file that these names of `app.specific` say. @throws Problem where they are not one, or not allowed. */
export function hostFileOf(parameters: JsonObject, names: readonly string[], fence: Fence): HostRef | undefined {
  const specific = specificOf(parameters);
  const given = names.filter((name) => specific[name] !== undefined && specific[name] !== null);
  const [first] = given;
  if (first === undefined) return undefined;
  const other = given.find((name) => specific[name] !== specific[first]);
  if (other !== undefined) throw twoUrls(first, other);
  const url = specific[first];
  if (typeof url !== "string") throw badParameters(`app.specific.${first} is a URL`);
  return resolveHostUrl(first, url, fence);
}

/** @throws Problem 403 or 400 */
export function resolveHostUrl(field: string, url: string, { places, home }: Fence): HostRef {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || scheme.toLowerCase() === "file") throw notHostUrl(field);
  if (scheme.toLowerCase() !== "host") throw foreignUrl(field, scheme.toLowerCase());
  if (rest.includes("\0")) throw notHostUrl(field);
  const path = /^~(\/|$)/.test(rest) && home !== undefined ? join(home, rest.slice(1)) : rest;
  if (!isAbsolute(path)) throw relativeHostPath(field);
  const clean = withoutLastSlash(normalize(path));
  // The innermost of those that hold it: a directory in another may have a mode of its own.
  const place = places
    .filter((one) => clean === one.path || clean.startsWith(one.path + sep))
    .sort((a, b) => b.path.length - a.path.length)[0];
  if (place === undefined) throw unauthorizedPath(clean);
  const names = clean
    .slice(place.path.length)
    .split(sep)
    .filter((name) => name !== "");
  return { kind: "host", directory: place.directory, names };
}

function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}
