/** Opens the external connection that the settings describe by a URL or a directory. */
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { CONNECTION_FORMATS } from "../package-format.js";
import type { Connection } from "./connection.js";
import { openDirectory } from "./directory.js";
import { badConnection, directoryMissing } from "./errors.js";
import { httpIndex } from "./http-index.js";
import type { UpstreamLimits } from "./limits.js";

/** @param place the URL of an index, or the absolute path of a directory. @throws Fault */
export async function openConnection(name: string, place: string, limits: UpstreamLimits): Promise<Connection> {
  const format = CONNECTION_FORMATS[name];
  if (format === undefined) throw badConnection(name, place);
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return httpIndex({ name, format, index: url, limits });
  const dir = url?.protocol === "file:" ? fileURLToPath(url) : place;
  if (!isAbsolute(dir)) throw badConnection(name, place);
  const isDirectory = await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw directoryMissing(name, dir);
  return openDirectory({ name, format, dir, limits });
}
