/** `/v1/files` and everything below it. Handlers read the path as it was sent, because a router decodes and folds. */
import { Type } from "@sinclair/typebox";
import { evaluate } from "../../http/headers/conditions.js";
import { methodNotAllowed, notFound, preconditionFailed } from "../../http/problems.js";
import type { Content, RouteHandler } from "../../http/routes/route.js";
import type { Exchange } from "../../http/server/exchange.js";
import { DirectoriesSchema } from "../about/schemas.js";
import { parseFilePath } from "../guard/file-path.js";
import { OpenFileCache } from "../guard/open-file-cache.js";
import { removeInside } from "../guard/remove-inside.js";
import type { Root } from "../guard/roots.js";
import { readOnly, rootKept } from "../problems.js";
import type { AgentRoute } from "../route.js";
import { Digests } from "./digests.js";
import type { FileState } from "./file-state.js";
import { getCached, getPath } from "./get.js";
import { putPath } from "./put.js";
import { StagedUploads } from "./staged-uploads.js";
import type { Temporaries } from "./temporaries.js";
import { validatorsOf } from "./validators.js";

export interface FilesOptions {
  readonly roots: readonly Root[];
  readonly temporaries: Temporaries;
  readonly maxBytes: number;
}

export interface Files {
  readonly routes: readonly AgentRoute[];
  /** The refusal of a method that no route of a file has. */
  refuseMethod(rawPath: string): Error;
  /** Removes what unfinished uploads left. Call it after the last request. */
  close(): Promise<void>;
}

export const FILE_PATH = "/v1/files/{path...}";
export const BYTES: Content = { "application/octet-stream": Type.String({ format: "binary" }) };
export const RangeHeader = Type.Object({
  Range: Type.Optional(Type.String({ description: "One range of bytes; several are answered with the whole." })),
});
const UploadHeaders = Type.Object({
  "Upload-Id": Type.Optional(
    Type.String({ description: "Chosen by the client: what arrives is kept for an hour, and can be continued." }),
  ),
  "Content-Range": Type.Optional(
    Type.String({ description: "With Upload-Id: the part that follows, or bytes */SIZE to ask what is there." }),
  ),
});
export const DigestHeader = Type.Object({
  "Content-Digest": Type.Optional(
    Type.String({ description: "sha-256=:BASE64: (RFC 9530); the agent refuses other content." }),
  ),
});

const ListingSchema = Type.Object({
  path: Type.String(),
  entries: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String(), size: Type.Integer(), modified: Type.String() }),
  ),
  not_shown: Type.Integer({
    description: "Links, devices, and names with a backslash or that are not UTF-8: no request can ask for them.",
  }),
});
const DOCUMENT = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache" };

export function createFiles(options: FilesOptions): Files {
  const digests = new Digests();
  const staged = new StagedUploads(options);
  const cache = new OpenFileCache<FileState>();
  const reading = { digests, cache };
  const byName = new Map(options.roots.map((root) => [root.name, root]));
  const directories = options.roots.map(({ name, path, mode }) => ({ name, path, mode }));

  const locate = (rawPath: string) => {
    const path = parseFilePath(rawPath);
    const root = byName.get(path.directory);
    if (root === undefined) throw notFound("outside");
    return { path, root };
  };
  const writable = (rawPath: string) => {
    const found = locate(rawPath);
    if (found.root.mode === "ro") throw readOnly(found.root.name);
    return found;
  };

  const get = async (exchange: Exchange, rawPath: string) => {
    const { path, root } = locate(rawPath);
    await getPath(exchange, root, path, rawPath, reading);
  };
  const put: RouteHandler = async ({ exchange, target }) => {
    const { path, root } = writable(target.path);
    await putPath(exchange, root, path, { ...options, digests, staged });
  };
  const remove: RouteHandler = async ({ exchange, target }) => {
    const { path, root } = writable(target.path);
    if (path.names.length === 0) throw rootKept();
    removeInside(root, path.names, path.slash, (stat) => {
      if (evaluate("DELETE", exchange.req.headers, validatorsOf(stat)) !== "proceed") throw preconditionFailed();
    });
    exchange.answer(204, {});
  };

  const common = {
    path: FILE_PATH,
    access: "token",
    params: {
      path: Type.String({
        description: "DIR/PATH, where DIR is the name of an authorized directory; its slashes stay.",
      }),
    },
  } as const;
  return {
    routes: [
      {
        method: "GET",
        path: "/v1/files",
        aliases: ["/v1/files/"],
        access: "token",
        isUse: false,
        summary: "The authorized directories",
        responses: { 200: { description: "All of them.", schema: DirectoriesSchema } },
        handle: ({ exchange }) => exchange.json(200, { directories }, DOCUMENT),
      },
      {
        ...common,
        method: "GET",
        summary: "A file, or the list of a directory",
        headers: RangeHeader,
        responses: {
          200: { description: "All of it.", schema: ListingSchema, content: BYTES },
          206: { description: "The part in the Range header.", content: BYTES },
          304: { description: "The client's copy is current." },
        },
        handle: ({ exchange, target }) =>
          getCached(exchange, target.path, reading) ? undefined : get(exchange, target.path),
      },
      {
        ...common,
        method: "PUT",
        summary: "Send a file",
        headers: Type.Object({ ...DigestHeader.properties, ...UploadHeaders.properties }),
        body: { content: BYTES },
        responses: {
          201: { description: "A new file." },
          202: { description: "A part; Upload-Offset says how many bytes are here." },
          204: { description: "It replaced another." },
        },
        handle: put,
      },
      {
        ...common,
        method: "DELETE",
        summary: "Remove a file or an empty directory",
        responses: { 204: { description: "Removed." } },
        handle: remove,
      },
    ],
    close: () => staged.close(),
    refuseMethod(rawPath) {
      try {
        const { root } = locate(rawPath);
        return methodNotAllowed(root.mode === "ro" ? "GET, HEAD" : "GET, HEAD, PUT, DELETE");
      } catch (error) {
        return error as Error;
      }
    },
  };
}
