/** Names of packages, and what the names of Python's files say. */

const PYPI = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
// What npm has accepted since 2017, and the capitals of before.
const NPM_PART = "[A-Za-z0-9~!'()*-][A-Za-z0-9._~!'()*-]*";
const NPM = new RegExp(`^(?:@${NPM_PART}/)?${NPM_PART}$`);
/** Bytes of a name, of either format. */
const MAX_NAME_BYTES = 214;

/** PEP 503. @returns undefined for what is not a name of a project (PEP 508). */
export function normalizeProject(name: string): string | undefined {
  if (name.length > MAX_NAME_BYTES || !PYPI.test(name)) return undefined;
  return name.replace(/[-_.]+/g, "-").toLowerCase();
}

export function isNpmName(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && NPM.test(name) && !/^(?:node_modules|favicon\.ico)$/.test(name);
}

export interface PythonFile {
  /** Normalised. */
  readonly project: string;
  /** PEP 440, normalised as far as it is spelled differently; see `normalizeVersion`. */
  readonly version: string;
  readonly kind: "wheel" | "sdist";
}

const SDIST = /\.(?:tar\.gz|zip|tar\.bz2|tgz|tar\.xz)$/;
const SAFE_FILE = /^[A-Za-z0-9_][A-Za-z0-9._+!-]*$/;

/** @param project normalised, where it is known: an old source file's name alone does not tell where it ends. */
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
  // The version has no dash since PEP 625; before, a name may have some, and so may a version ("1.0-1").
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

/** PEP 440's normal form ("1.0-ALPHA1" is "1.0a1"); zeros at the end stay. @returns undefined for no version. */
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
