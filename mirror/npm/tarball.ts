/** Reads the package.json of an npm tarball. */
import { list, type ReadEntry } from "tar";
import { withoutBom } from "../../base/text/bom.js";
import { isObject } from "../is-object.js";
import type { Manifest } from "../resolve/model.js";

const MANIFEST_BYTES = 4 * 1024 * 1024;

/** @returns undefined if the top directory has none, or it is not JSON. */
export async function readTarballManifest(path: string): Promise<Manifest | undefined> {
  let text: Buffer | undefined;
  await list({
    file: path,
    // npm packs into "package", but accepts any name of the top directory.
    filter: (name) => text === undefined && /^(?:\.\/)?[^/]+\/package\.json$/.test(name),
    onReadEntry: (entry: ReadEntry) => {
      if (entry.size > MANIFEST_BYTES) return;
      const chunks: Buffer[] = [];
      entry.on("data", (chunk: Buffer) => chunks.push(chunk));
      entry.on("end", () => {
        text ??= Buffer.concat(chunks);
      });
    },
  });
  if (text === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(withoutBom(text.toString("utf8")));
    return isObject(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}
