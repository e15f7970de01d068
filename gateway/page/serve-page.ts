/** The page of the gateway, ready to be answered. Nothing in it comes from elsewhere, and nothing else may frame it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../base/tools.js";
import type { Headers } from "../../http/server/exchange.js";

/** By path of the request: the type of a document, and the document. */
export type PageFiles = Readonly<Record<string, { readonly type: string; readonly text: string }>>;

export interface PageAsset {
  readonly headers: Headers;
  readonly body: string;
}

/** Put here by scripts/bundle.mjs, so that the daemon of a host is one file. */
declare const SALLYPORT_PAGE: PageFiles | undefined;

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  // Small, and of the version of the daemon: a page of yesterday must not talk to an API of today.
  "Cache-Control": "no-cache",
} as const;

/** `/`, `/app.js`, `/app.css` and `/favicon.svg`. @throws ENOENT in a checkout that was not built. */
export function pageAssets(files: PageFiles = builtIn()): ReadonlyMap<string, PageAsset> {
  return new Map(
    Object.entries(files).map(([path, { type, text }]) => [
      path,
      { headers: { ...HEADERS, "Content-Type": type }, body: text },
    ]),
  );
}

function builtIn(): PageFiles {
  if (typeof SALLYPORT_PAGE !== "undefined") return SALLYPORT_PAGE;
  return JSON.parse(readFileSync(join(packageRoot, "dist/runtime/page.json"), "utf8"));
}
