/** `/v1/files/…`: sees the path as it was sent, which a router would have decoded and folded. */
import { evaluate } from "../../http/headers/conditions.js";
import { methodNotAllowed, notFound, preconditionFailed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { parseFilePath } from "../guard/file-path.js";
import { KeptFiles } from "../guard/kept-files.js";
import { removeInside } from "../guard/remove-inside.js";
import type { Root } from "../guard/roots.js";
import { readOnly, rootKept } from "../problems.js";
import { Digests } from "./digests.js";
import type { FileState } from "./file-state.js";
import { getKept, getPath } from "./get.js";
import { putPath } from "./put.js";
import type { Temporaries } from "./temporaries.js";
import { validatorsOf } from "./validators.js";

const READ = "GET, HEAD";
const WRITE = "GET, HEAD, PUT, DELETE";

export interface FilesOptions {
  readonly roots: readonly Root[];
  readonly temporaries: Temporaries;
  readonly maxBytes: number;
}

/** @returns a handler of exchanges whose raw path begins with "/v1/files/". */
export function handleFiles(options: FilesOptions) {
  const digests = new Digests();
  const kept = new KeptFiles<FileState>();
  const reading = { digests, kept };
  const byName = new Map(options.roots.map((root) => [root.name, root]));

  const handle = async (exchange: Exchange, rawPath: string): Promise<void> => {
    const path = parseFilePath(rawPath);
    const root = byName.get(path.directory);
    if (root === undefined) throw notFound("outside");
    switch (exchange.method) {
      case "GET":
      case "HEAD":
        return getPath(exchange, root, path, rawPath, reading);
      case "PUT":
        if (root.mode === "ro") throw readOnly(root.name);
        return putPath(exchange, root, path, { ...options, digests });
      case "DELETE":
        if (root.mode === "ro") throw readOnly(root.name);
        if (path.names.length === 0) throw rootKept();
        removeInside(root, path.names, path.slash, (stat) => {
          if (evaluate("DELETE", exchange.req.headers, validatorsOf(stat)) !== "proceed") throw preconditionFailed();
        });
        return exchange.answer(204, {});
      default:
        throw methodNotAllowed(root.mode === "ro" ? READ : WRITE);
    }
  };

  return (exchange: Exchange, rawPath: string): Promise<void> | undefined => {
    const { method } = exchange;
    if ((method === "GET" || method === "HEAD") && getKept(exchange, rawPath, reading)) return undefined;
    return handle(exchange, rawPath);
  };
}
