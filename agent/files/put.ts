/** PUT of a file: checked before the first byte is accepted, and again before the new file gets its name. */
import { evaluate } from "../../http/headers/conditions.js";
import { notFound, preconditionFailed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { FilePath } from "../guard/file-path.js";
import type { Root } from "../guard/roots.js";
import { type Allow, Upload } from "../guard/upload.js";
import { isDirectory } from "../problems.js";
import { commit, type Put, type PutOptions } from "./commit.js";
import { partialIn } from "./partial.js";
import { putStaged } from "./put-staged.js";
import { checkContent, compareDigests, receive } from "./receive.js";
import { validatorsOf } from "./validators.js";

export async function putPath(exchange: Exchange, root: Root, path: FilePath, options: PutOptions): Promise<void> {
  const { req } = exchange;
  if (path.names.length === 0) throw isDirectory();
  if (path.slash) throw notFound();
  const allow: Allow = (existing) => {
    const current = existing === undefined ? undefined : validatorsOf(existing);
    if (evaluate("PUT", req.headers, current) !== "proceed") throw preconditionFailed();
  };
  const put: Put = { exchange, root, names: path.names, allow, options };
  try {
    const partial = partialIn(req);
    const isTaken = partial !== undefined && (await putStaged(put, partial));
    if (!isTaken) await putWhole(put);
  } catch (error) {
    if (!req.socket.destroyed) throw error;
    if (exchange.verdict === "ok") exchange.verdict = "aborted";
  }
}

async function putWhole({ exchange, root, names, allow, options }: Put): Promise<void> {
  const expected = checkContent(exchange.req, options.maxBytes);
  const temporary = options.temporaries.take();
  try {
    const upload = Upload.begin(root, names, temporary, allow);
    try {
      const sha256 = await receive(exchange, upload, options.maxBytes);
      compareDigests(expected, sha256);
      const { status, headers } = await commit(upload, allow, sha256, options.digests);
      exchange.answer(status, headers);
    } catch (error) {
      await upload.abort();
      throw error;
    } finally {
      await upload.close();
    }
  } finally {
    options.temporaries.giveBack(temporary);
  }
}
