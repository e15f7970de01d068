/** The values of --src and --dst: a local file, a file of the host, or a standard stream. */
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { filesPath } from "../agent/remote-path.js";
import { isStandardOutput, writtenPath } from "../agent/transfer/destination.js";
import { badParameters, badScheme, parametersUnreadable } from "./errors.js";

export type Place =
  | { readonly kind: "file"; readonly path: string }
  /** Percent-encoded, in the host's notation. */
  | { readonly kind: "host"; readonly url: string }
  | { readonly kind: "stream" };

/** Names in host://DIR/PATH are taken literally, as in HOST:DIR/PATH. @throws Fault */
export function parsePlace(text: string, cwd: string): Place {
  if (text === "-") return { kind: "stream" };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme === null) return { kind: "file", path: resolve(cwd, text) };
  if (scheme[1]?.toLowerCase() !== "host") throw badScheme(text);
  return { kind: "host", url: `host://${filesPath(text.slice(scheme[0].length)).slice("/v1/files/".length)}` };
}

/** Where --dst leads: a directory keeps the input's own name. */
export async function fileTarget(place: Place, source: Place): Promise<Place> {
  if (place.kind !== "file") return place;
  if (isStandardOutput(place.path)) return { kind: "stream" };
  if (!(await isDirectory(place.path))) return place;
  const name =
    source.kind === "file" ? source.path : source.kind === "host" ? decodeURIComponent(source.url) : "output";
  return { kind: "file", path: join(place.path, basename(name)) };
}

/** Whether a download to `dst` would replace `src`, through links too. */
export async function writesInto(src: string, dst: string): Promise<boolean> {
  return (await writtenPath(dst)) === (await writtenPath(src));
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** JSON, or @FILE that holds it. */
export async function readParameters(text: string, cwd: string): Promise<Record<string, unknown>> {
  const json = text.startsWith("@") ? await readText(resolve(cwd, text.slice(1))) : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw badParameters(text);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badParameters(text);
  return value as Record<string, unknown>;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error) => {
    throw parametersUnreadable(file, error);
  });
}
