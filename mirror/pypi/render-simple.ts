/** Renders the simple index for pip and uv. Links are relative, so a page is the same behind every address. */
import { defined } from "../../base/defined.js";
import type { Asset } from "../resolve/model.js";

export interface SimpleFile {
  readonly version: string;
  readonly asset: Asset;
}

export const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
export const HTML_TYPE = "application/vnd.pypi.simple.v1+html";
export const TEXT_TYPE = "text/html";
export type SimpleType = typeof JSON_TYPE | typeof HTML_TYPE | typeof TEXT_TYPE;

/** `1.0/foo-1.0.tar.gz`, below the project's page. */
const linkOf = ({ version, asset }: SimpleFile) => `${encodeURIComponent(version)}/${encodeURIComponent(asset.name)}`;

export function renderHtml(project: string, files: readonly SimpleFile[]): Buffer {
  const links = files.map((file) => {
    const { asset } = file;
    const fragment = asset.hashes.sha256 === undefined ? otherHash(asset) : `#sha256=${asset.hashes.sha256}`;
    const metadata = asset.metadata;
    const known = metadata?.sha256 === undefined ? "true" : `sha256=${metadata.sha256}`;
    const attributes = [
      `href="${escapeHtml(linkOf(file) + fragment)}"`,
      ...(asset.requiresPython === undefined ? [] : [`data-requires-python="${escapeHtml(asset.requiresPython)}"`]),
      ...(metadata === undefined ? [] : [`data-dist-info-metadata="${known}"`, `data-core-metadata="${known}"`]),
      ...(asset.yanked === undefined ? [] : [`data-yanked="${escapeHtml(asset.yanked)}"`]),
    ];
    return `<a ${attributes.join(" ")}>${escapeHtml(asset.name)}</a><br>\n`;
  });
  return Buffer.from(page(`Links for ${project}`, links.join("")));
}

/** The list of projects. */
export function renderProjectsHtml(names: readonly string[]): Buffer {
  const links = names.map((name) => `<a href="${encodeURIComponent(name)}/">${escapeHtml(name)}</a><br>\n`);
  return Buffer.from(page("Simple index", links.join("")));
}

export function renderProjectsJson(names: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ meta: { "api-version": "1.0" }, projects: names.map((name) => ({ name })) }));
}

export function renderJson(project: string, files: readonly SimpleFile[]): Buffer {
  const sized = files.every(({ asset }) => asset.size !== undefined);
  return Buffer.from(
    JSON.stringify({
      // PEP 700 requires the size of every file, which an HTML index does not have.
      meta: { "api-version": sized ? "1.1" : "1.0" },
      name: project,
      versions: [...new Set(files.map(({ version }) => version))],
      files: files.map((file) => {
        const { asset } = file;
        const metadata = asset.metadata?.sha256 === undefined ? true : { sha256: asset.metadata.sha256 };
        return defined({
          filename: asset.name,
          url: linkOf(file),
          hashes: asset.hashes,
          size: asset.size,
          "requires-python": asset.requiresPython,
          "core-metadata": asset.metadata === undefined ? undefined : metadata,
          yanked: asset.yanked === undefined ? undefined : asset.yanked === "" ? true : asset.yanked,
          "upload-time": asset.uploaded,
        });
      }),
    }),
  );
}

/** Chooses one of the three types (PEP 691). HTML is the answer to clients that accept none of them. */
export function chooseType(accept: string | undefined): SimpleType {
  let best: { readonly type: SimpleType; readonly q: number } | undefined;
  for (const item of (accept ?? "").split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const type = TYPES[name];
    const q = Number(/^q=([01](?:\.\d{0,3})?)$/.exec(parameters.find((part) => part.startsWith("q=")) ?? "q=1")?.[1]);
    if (type !== undefined && q > (best?.q ?? 0)) best = { type, q };
  }
  return best?.type ?? TEXT_TYPE;
}

const TYPES: Readonly<Record<string, SimpleType>> = {
  "application/vnd.pypi.simple.v1+json": JSON_TYPE,
  "application/vnd.pypi.simple.latest+json": JSON_TYPE,
  "application/vnd.pypi.simple.v1+html": HTML_TYPE,
  "application/vnd.pypi.simple.latest+html": HTML_TYPE,
  "text/html": TEXT_TYPE,
  "text/*": TEXT_TYPE,
  "*/*": TEXT_TYPE,
};

function otherHash({ hashes }: Asset): string {
  const other = (["sha512", "sha384", "sha1", "md5"] as const).find((name) => hashes[name] !== undefined);
  return other === undefined ? "" : `#${other}=${hashes[other]}`;
}

function page(title: string, links: string): string {
  return `<!DOCTYPE html>
<html>
<head>
<meta name="pypi:repository-version" content="1.1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${links}</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
