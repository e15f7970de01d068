/** The packages of Poetry's and uv's lock files, with the places that they are pinned to. Pure. */
import { parse } from "smol-toml";
import { defined } from "../../../base/defined.js";
import { withoutBom } from "../../../base/text/bom.js";
import { isTable } from "../edit/toml.js";
import { readable } from "../readable.js";
import { isLocal, withoutPassword } from "./location.js";
import type { Lock } from "./lockfile.js";
import type { RequiredPackage } from "./required-package.js";

type Table = Readonly<Record<string, unknown>>;

/** Where Poetry takes packages from that name no source in the lock file. */
const PYPI = "https://pypi.org/simple";

/** @returns undefined for what is no such file, or of another version of it. */
export function parsePoetryLock(text: string): Lock | undefined {
  const lock = tableOf(text);
  const metadata = lock?.metadata;
  const version = isTable(metadata) ? String(metadata["lock-version"]) : "";
  return /^[12]\./.test(version) ? collect(lock?.package, ({ source }) => placesInPoetry(source)) : undefined;
}

/** @returns undefined for what is no such file, or of another version of it. */
export function parseUvLock(text: string): Lock | undefined {
  const lock = tableOf(text);
  return lock?.version === 1 ? collect(lock.package, placesInUv) : undefined;
}

const tableOf = (text: string): Table | undefined => readable(() => parse(withoutBom(text)));

/** Indexes have a path for each project, and URLs have none: `index` is of the first kind. */
type Place = { readonly index: string } | { readonly url: string } | { readonly local: string };

function placesInPoetry(source: unknown): Place[] | undefined {
  if (source === undefined) return [{ index: PYPI }];
  if (!isTable(source) || typeof source.url !== "string") return undefined;
  const { type, url } = source;
  if (type === "legacy") return [{ index: url }];
  return type === "file" || type === "directory" ? [{ local: url }] : [{ url }];
}

/** uv downloads from the URLs of the files, whatever the index is. */
function placesInUv({ source, sdist, wheels }: Table): Place[] | undefined {
  if (!isTable(source)) return undefined;
  const { registry, git, url } = source;
  for (const remote of [git, url]) if (typeof remote === "string") return [{ url: remote }];
  if (typeof registry !== "string")
    return ["path", "editable", "virtual", "directory"].flatMap((key) =>
      typeof source[key] === "string" ? [{ local: source[key] }] : [],
    );
  if (isLocal(registry)) return [{ local: registry }];
  const files = [sdist, ...(Array.isArray(wheels) ? wheels : [])].filter(isTable);
  return [{ index: registry }, ...files.flatMap((file) => (typeof file.url === "string" ? [{ url: file.url }] : []))];
}

function collect(packages: unknown, placesOf: (row: Table) => Place[] | undefined): Lock | undefined {
  // A lock file of a project without dependencies has no such key.
  const rows: unknown[] = Array.isArray(packages) ? packages : packages === undefined ? [] : [undefined];
  const required: RequiredPackage[] = [];
  const elsewhere: string[] = [];
  for (const row of rows) {
    const places = isTable(row) ? placesOf(row) : undefined;
    if (!isTable(row) || typeof row.name !== "string" || places === undefined || places.length === 0) return undefined;
    const { name } = row;
    const version = typeof row.version === "string" ? row.version : undefined;
    for (const place of places) {
      if ("local" in place) elsewhere.push(`${name} ${place.local}`);
      else {
        const url = "index" in place ? `${place.index.replace(/\/$/, "")}/${name}/` : place.url;
        required.push(defined({ name, version, url: withoutPassword(url) }));
      }
    }
  }
  return { required, elsewhere };
}
