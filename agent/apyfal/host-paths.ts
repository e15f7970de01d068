/**
 * Apyfal's `host://` URLs in `app.specific.src` and `.dst`: absolute paths of the host. This file decides by the path
 * alone whether a URL is allowed. The guard refuses links on the way when it opens the file. Every other scheme and
 * spelling is refused, so that no other form can mean a file of this host.
 */
import { isAbsolute, join, normalize, sep } from "node:path";
import { givenHome } from "../../base/home.js";
import type { Root } from "../guard/roots.js";
import type { FileRef, JsonObject } from "../jobs/types.js";
import { expandPath } from "../settings/load.js";
import type { HostDir } from "../settings/schema.js";
import { specificOf } from "./parameters.js";
import { badParameters, foreignUrl, notHostUrl, relativeHostPath, twoUrls, unauthorizedPath } from "./problems.js";

export type HostRef = Extract<FileRef, { kind: "host" }>;

/** An authorized directory under one of its two paths: as configured, or its real path. */
interface Place {
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

/** @param dirs as configured. @param roots the opened ones, in the same order. */
export function fenceOf(dirs: readonly HostDir[], roots: readonly Root[], env: NodeJS.ProcessEnv): Fence {
  const places = roots.flatMap((root, index) => {
    const written = expandPath("authorized_host_dirs", dirs[index]?.path ?? root.path, env);
    return [...new Set([root.path, withoutLastSlash(normalize(written))])].map((path) => ({
      directory: root.name,
      path,
    }));
  });
  return { places, home: givenHome(env) };
}

/** The file that these members of `app.specific` name. @throws Problem if they name several, or none that is allowed. */
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
  // The innermost directory counts: one inside another may have its own mode.
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
