/** Names of Python projects, and the names and versions in their file names. */

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Bytes. */
export const MAX_NAME_BYTES = 214;

/** PEP 503. */
export const normalizeName = (name: string) => name.replace(/[-_.]+/g, "-").toLowerCase();

/** PEP 503. @returns undefined for a text that is no name of a project (PEP 508). */
export function normalizeProject(name: string): string | undefined {
  return name.length > MAX_NAME_BYTES || !NAME.test(name) ? undefined : normalizeName(name);
}

export interface PythonFile {
  /** Normalised. */
  readonly project: string;
  /** In PEP 440's normal form: see `normalizeVersion`. */
  readonly version: string;
  readonly kind: "wheel" | "sdist";
}

const SDIST = /\.(?:tar\.gz|zip|tar\.bz2|tgz|tar\.xz)$/;
const SAFE_FILE = /^[A-Za-z0-9_][A-Za-z0-9._+!-]*$/;

/** @param project normalised, if known: an old source archive's name alone does not show where the project ends. */
export function parsePythonFile(file: string, project?: string): PythonFile | undefined {
  if (file.length > 400 || !SAFE_FILE.test(file)) return undefined;
  if (file.endsWith(".whl")) {
    const parts = file.slice(0, -4).split("-");
    const [name, version] = parts;
    if (parts.length < 5 || parts.length > 6 || name === undefined || version === undefined) return undefined;
    return pythonFile(name, version, "wheel", project);
  }
  const stem = file.replace(SDIST, "");
  if (stem === file) return undefined;
  // Since PEP 625 the version has no dash. Before, names and versions ("1.0-1") could have some.
  for (let dash = stem.indexOf("-"); dash > 0; dash = stem.indexOf("-", dash + 1)) {
    const found = pythonFile(stem.slice(0, dash), stem.slice(dash + 1), "sdist", project);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pythonFile(name: string, version: string, kind: PythonFile["kind"], project?: string): PythonFile | undefined {
  const normal = normalizeProject(name);
  if (normal === undefined || (project !== undefined && normal !== project)) return undefined;
  const spelled = normalizeVersion(version);
  return spelled === undefined ? undefined : { project: normal, version: spelled, kind };
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const PRE: Readonly<Record<string, string>> = { alpha: "a", beta: "b", c: "rc", pre: "rc", preview: "rc" };

/** PEP 440's normal form ("1.0-ALPHA1" is "1.0a1"); trailing zeros stay. @returns undefined if it is no version. */
export function normalizeVersion(version: string): string | undefined {
  const match = VERSION.exec(version.trim().toLowerCase());
  if (match === null) return undefined;
  const [, epoch, release = "", pre, preNumber, postShort, post, postNumber, dev, devNumber, local] = match;
  const number = (digits: string | undefined) => (digits ?? "").replace(/^0+(?=\d)/, "") || "0";
  return [
    epoch === undefined || number(epoch) === "0" ? "" : `${number(epoch)}!`,
    release.split(".").map(number).join("."),
    pre === undefined ? "" : `${PRE[pre] ?? pre}${number(preNumber)}`,
    postShort === undefined ? (post === undefined ? "" : `.post${number(postNumber)}`) : `.post${number(postShort)}`,
    dev === undefined ? "" : `.dev${number(devNumber)}`,
    local === undefined ? "" : `+${local.replace(/[-_]/g, ".")}`,
  ].join("");
}
