/** The files of a page, ready to be served. A page loads nothing from other hosts, and no other page may frame it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../base/tools.js";
import type { Headers } from "../http/server/exchange.js";

/** Documents with their types, by path: `/`, `/app.js`, `/app.css` and `/favicon.svg`. */
export type PageFiles = Readonly<Record<string, { readonly type: string; readonly text: string }>>;

export interface PageAsset {
  readonly headers: Headers;
  readonly body: string;
}

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
  // The page must have the version of the API that it talks to.
  "Cache-Control": "no-cache",
} as const;

export function pageAssets(files: PageFiles): ReadonlyMap<string, PageAsset> {
  return new Map(
    Object.entries(files).map(([path, { type, text }]) => [
      path,
      { headers: { ...HEADERS, "Content-Type": type }, body: text },
    ]),
  );
}

/** A page that `npm run build` made. @param name its file in `dist/runtime`. @throws ENOENT in a checkout without a build. */
export function builtPage(name: string): PageFiles {
  return JSON.parse(readFileSync(join(packageRoot, "dist/runtime", name), "utf8"));
}
