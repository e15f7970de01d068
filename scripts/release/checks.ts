/** What must hold before a release, one row each. Pure. */
import { missing, ok, type Row } from "../../local/doctor/row.js";
import { type Licence, NOT_INSTALLED, type PackageJson } from "./package-json.js";

export interface Versions {
  readonly packageJson: string;
  readonly lock: string;
  /** base/version.ts, which the daemons' bundles have. */
  readonly source: string;
  readonly changelog: string;
  readonly readme: string;
  /** The tag that is released, such as `v0.1.0`. */
  readonly tag?: string | undefined;
}

const problem = (check: string, found: string, mend: string): Row => ({ check, state: "problem", found, mend });

export function checkVersion({ packageJson, lock, source, changelog, readme, tag }: Versions): Row {
  const check = "version";
  const [, top = "", when = ""] = /^## (\S+) – (.*)$/m.exec(changelog) ?? [];
  if (lock !== packageJson) return problem(check, `package-lock.json has ${lock}`, "npm install --package-lock-only");
  if (source !== packageJson)
    return problem(check, `base/version.ts has ${source}`, `write ${packageJson}, as in package.json`);
  if (top !== packageJson)
    return problem(check, `CHANGELOG.md begins with ${top || "no version"}`, `begin with "## ${packageJson} – DATE"`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(when))
    return problem(check, `CHANGELOG.md says "${when}"`, `write the day of the release: "## ${top} – 2026-12-31"`);
  if (readme.includes(`${packageJson} is not on npm yet`))
    return problem(check, `README.md says that ${packageJson} is not on npm yet`, "remove the sentence");
  if (tag !== undefined && tag !== `v${packageJson}`) return problem(check, `the tag is ${tag}`, `tag v${packageJson}`);
  return ok(check, `${packageJson}, of ${when}`);
}

/** npm shows these, and its provenance names the repository: without one, publishing fails. */
export function checkHome({ repository, homepage, bugs }: PackageJson): Row {
  const fields = { repository: repository?.url, homepage, bugs: bugs?.url };
  const unset = Object.entries(fields).filter(([, url]) => !/^(?:git\+)?https:\/\/\S+$/.test(url ?? ""));
  if (unset.length === 0) return ok("home", `${repository?.url}`);
  const names = unset.map(([name]) => name).join(", ");
  return missing("home", `package.json has no ${names}`, "write where the project lives, as https:// addresses");
}

export function checkProvenance({ publishConfig }: PackageJson): Row {
  const { access, provenance } = publishConfig ?? {};
  if (access === "public" && provenance === true) return ok("provenance", "npm signs where and from what it was built");
  return missing(
    "provenance",
    "npm would publish without it",
    'write "publishConfig": { "access": "public", "provenance": true }',
  );
}

/** @param status of `git status --porcelain` */
export function checkTree(status: string): Row {
  const changed = status.split("\n").filter(Boolean);
  if (changed.length === 0) return ok("tree", "all is committed");
  const more = changed.length > 3 ? ` and ${changed.length - 3} more` : "";
  const shown = changed.slice(0, 3).map((line) => line.slice(3));
  return problem("tree", `not committed: ${shown.join(", ")}${more}`, "commit or remove them");
}

/** Every file of the package is one of these. */
const EXPECTED: readonly RegExp[] = [
  /^(?:README\.md|CHANGELOG\.md|LICENSE|package\.json)$/,
  /^dist\/(?:[a-z][\w-]*\/)*[\w.-]+\.(?:js|d\.ts)$/,
  /^dist\/licences\.txt$/,
  /^dist\/config\/sallyport\.schema\.json$/,
  /^dist\/stacks\/boot\/[\w-]+\.sh$/,
  /^dist\/runtime\/(?:accelerators\/)?[\w-]+\.mjs$/,
  /^dist\/runtime\/(?:gateway-)?systemd\/sallyport-[\w-]+\.service$/,
  /^dist\/runtime\/hosts-page\.json$/,
  /^dist\/runtime\/(?:initdb\.wasm|pglite\.wasm|pglite\.data|pglite-new\.tar\.gz)$/,
  /^docs\/(?:start|tasks|reference)\/[\w-]+\.md$/,
  /^docs\/images\/(?:[\w-]+\/)?[\w-]+\.(?:svg|png|webp)$/,
  /^docs\/units\/sallyport-[\w-]+@\.(?:service|timer)$/,
  /^examples\/[\w-]+\/[\w.-]+\.(?:md|ts|json|yaml|sh|py)$/,
  /^man\/sallyport\.1$/,
  /^skills\/sallyport\/SKILL\.md$/,
];

/** Without one of these, something that the documentation promises does not work. */
const NEEDED: readonly string[] = [
  "LICENSE",
  "README.md",
  "dist/licences.txt",
  "dist/cli/main.js",
  "dist/client/index.js",
  "dist/config/sallyport.schema.json",
  "dist/index.d.ts",
  "dist/index.js",
  "dist/runtime/agent.mjs",
  "dist/runtime/firewall-sync.mjs",
  "dist/runtime/gateway.mjs",
  "dist/runtime/hosts-page.json",
  "man/sallyport.1",
  "skills/sallyport/SKILL.md",
];

/** @param files of the package, as npm lists them */
export function checkFiles(files: readonly string[]): Row {
  const lost = NEEDED.filter((file) => !files.includes(file));
  if (lost.length > 0) return missing("files", `not in the package: ${lost.join(", ")}`, "npm run build");
  const isTest = (file: string) => /(?:^|\/)test\/|\.test\./.test(file);
  const foreign = files.filter((file) => isTest(file) || !EXPECTED.some((pattern) => pattern.test(file)));
  if (foreign.length === 0) return ok("files", `${files.length} files, each of a kind that is expected`);
  const mend = "leave them out by package.json's files, or name their kind in scripts/release/checks.ts";
  return problem("files", `not expected: ${foreign.slice(0, 5).join(", ")}`, mend);
}

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=\s]{64}/],
  ["an AWS access key", /\b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a GitHub token", /\bgh[pousr]_[A-Za-z0-9]{36,}\b/],
  ["a signed token", /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}\b/],
];

/** @param texts of the package's files, by path */
export function checkSecrets(texts: ReadonlyMap<string, string>): Row {
  const found = [...texts].flatMap(([file, text]) =>
    SECRETS.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${what} in ${file}`),
  );
  if (found.length === 0) return ok("secrets", `none in ${texts.size} files`);
  return problem("secrets", found.join(", "), "remove it from the package, and revoke it if it is real");
}

/** Licences that ask for no more than their notice, and MPL-2.0, which asks for the sources of its own files alone. */
const LICENCES = new Set(
  "0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause CC0-1.0 ISC MIT MPL-2.0 PostgreSQL Unlicense".split(" "),
);

/** @param licences by package and version */
export function checkLicences(licences: ReadonlyMap<string, Licence>): Row {
  const absent = [...licences].flatMap(([name, licence]) => (licence === NOT_INSTALLED ? name : []));
  const refused = [...licences].flatMap(([name, licence]) =>
    licence === NOT_INSTALLED || isAllowed(licence) ? [] : [[name, licence] as const],
  );
  if (refused.length === 0 && absent.length > 0) {
    // Without scripts, npm keeps optional packages that cannot be compiled here.
    return missing("licences", `not installed, so not known: ${absent.join(", ")}`, "npm ci --ignore-scripts");
  }
  if (refused.length === 0) return ok("licences", `${licences.size} packages, all permissive or MPL-2.0`);
  const shown = refused.map(([name, licence]) => `${name} (${licence ?? "unknown"})`).join(", ");
  return problem("licences", shown, "replace the package, or allow its licence in scripts/release/checks.ts");
}

/** @param licences the package's own file of them, which scripts/licences.mjs writes */
export function checkNotices(licences: string, bundled: readonly string[]): Row {
  const lost = bundled.filter((name) => !licences.includes(`\n${name} `));
  if (lost.length === 0) return ok("notices", `of ${bundled.length} packages in the bundles`);
  return missing("notices", `none of ${lost.slice(0, 5).join(", ")}`, "npm run build");
}

/** Without nesting, which no package here uses. */
function isAllowed(licence: string | undefined): boolean {
  if (licence === undefined) return false;
  const either = licence.replaceAll(/[()]/g, "").split(" OR ");
  return either.some((all) => all.split(" AND ").every((one) => LICENCES.has(one)));
}
