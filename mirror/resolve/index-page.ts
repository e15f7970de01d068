/** Rendered pages of an index, and how they are sent. */
import { createHash } from "node:crypto";
import { evaluate } from "../../http/headers/conditions.js";
import { preconditionFailed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { noPackage, upstreamFailed } from "./problems.js";
import type { PackageView } from "./version-view.js";

export interface IndexPage {
  readonly body: Buffer;
  /** Strong, quoted. */
  readonly etag: string;
  readonly type: string;
}

export function indexPage(body: Buffer, type: string): IndexPage {
  return { body, type, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/** @throws Problem of status 412 */
export function sendPage(exchange: Exchange, { body, etag, type }: IndexPage): void {
  const { method, req } = exchange;
  const condition = evaluate(method, req.headers, { etag, modifiedMs: Number.POSITIVE_INFINITY });
  if (condition === "failed") throw preconditionFailed();
  const headers = { "Content-Type": type, ETag: etag, "Cache-Control": "no-cache", Vary: "Accept" };
  if (condition === "not-modified") exchange.answer(304, headers);
  else exchange.answer(200, method === "HEAD" ? { ...headers, "Content-Length": body.length } : headers, body);
}

/** @throws Problem where a view has no version to show: 502 if a source failed, 404 otherwise */
export function checkNotEmpty({ versions, failures }: PackageView, name: string, repository: string): void {
  if (versions.size > 0) return;
  throw failures.length > 0 ? upstreamFailed(name, failures) : noPackage(name, repository);
}
