/** Whether a download URL in a lock or requirements file leads to the mirror, and to that package there. Pure. */
import type { PackageFormat } from "../../package-format.js";
import { normalizeName } from "../../pypi/names.js";
import type { RequiredPackage } from "./required-package.js";

/** npm replaces this host by that of its registry (`replace-registry-host`), and no other. Yarn and pnpm replace none. */
const NPMJS = "registry.npmjs.org";

/** @param endpoint of the packages, ending with a slash. */
export function isFromMirror(format: PackageFormat, required: RequiredPackage, endpoint: string): boolean {
  if (required.url === undefined) return true;
  const url = parsed(required.url);
  if (url === undefined) return false;
  const replaced = format === "npm" && required.fixed !== true && url.hostname === NPMJS;
  const path = replaced ? url.pathname.slice(1) : pathBelow(url, endpoint);
  if (path === undefined) return false;
  return format === "npm" ? isTarball(path, required) : isFile(path, required);
}

/** Whether an index of a requirements file is the mirror. */
export const isMirrorIndex = (index: string, endpoint: string): boolean => {
  const url = parsed(index);
  return url !== undefined && pathBelow(url, endpoint)?.replace(/\/$/, "") === "simple";
};

function pathBelow(url: URL, endpoint: string): string | undefined {
  const base = new URL(endpoint);
  return url.origin === base.origin && url.pathname.startsWith(base.pathname)
    ? url.pathname.slice(base.pathname.length)
    : undefined;
}

/** `@acme/tools/-/tools-1.0.0.tgz`; some registries repeat the scope before the file. */
function isTarball(path: string, { name, version }: RequiredPackage): boolean {
  const decoded = decode(path);
  const file = `${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`;
  return decoded?.startsWith(`${name}/-/`) === true && (version === undefined || decoded.endsWith(`/${file}`));
}

/** `simple/tools/1.0/tools-1.0.whl` */
function isFile(path: string, { name }: RequiredPackage): boolean {
  const [simple, project = ""] = (decode(path) ?? "").split("/");
  return simple === "simple" && normalizeName(project) === normalizeName(name);
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function decode(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.split("/").includes("..") ? undefined : text;
  } catch {
    return undefined;
  }
}
