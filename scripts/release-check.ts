/**
 * `npm run release:check`: what must hold before a release, one row each, and the release's bill of materials.
 *
 *     npm run release:check -- [--json] [--tag v0.1.0] [--sbom FILE]
 *
 * Exits with status 1 if a row is not ok, and 2 for wrong arguments. Needs a build; asks no network.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { EXIT } from "../base/fault.js";
import { replaceFile } from "../base/fs/atomic.js";
import { runOk } from "../base/process/run.js";
import { packageRoot } from "../base/tools.js";
import { VERSION } from "../base/version.js";
import { isHealthy, rowsText } from "../local/doctor/checks.js";
import { ok, type Row } from "../local/doctor/row.js";
import * as checks from "./release/checks.js";
import { nameOfPath, type PackageJson, type PackageLock } from "./release/package-json.js";
import { type Bom, releaseSbom, sbomFault } from "./release/sbom.js";
import { licencesOf, packagesInBundles, shippedPaths } from "./release/shipped.js";

const flags = readFlags();

const read = (file: string) => readFile(join(packageRoot, file), "utf8");
const output = async (program: string, ...args: string[]) =>
  (await runOk(program, args, { cwd: packageRoot, timeoutMs: 300_000 })).stdout;

const packageJson: PackageJson = JSON.parse(await read("package.json"));
const lock: PackageLock = JSON.parse(await read("package-lock.json"));

const [packed] = JSON.parse(await output("npm", "pack", "--dry-run", "--ignore-scripts", "--json"));
const files = packed.files.map(({ path }: { path: string }) => path) as string[];
const texts = new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
const bundled = await packagesInBundles();
const shipped = shippedPaths(lock, packageJson, bundled);

const rows: readonly Row[] = [
  checks.checkVersion({
    packageJson: packageJson.version,
    lock: lock.version,
    source: VERSION,
    changelog: await read("CHANGELOG.md"),
    readme: await read("README.md"),
    tag: flags.tag,
  }),
  checks.checkHome(packageJson),
  checks.checkProvenance(packageJson),
  checks.checkTree(await output("git", "status", "--porcelain")),
  checks.checkFiles(files),
  checks.checkSecrets(texts),
  checks.checkLicences(await licencesOf(lock, shipped)),
  checks.checkNotices(texts.get("dist/licences.txt") ?? "", bundled),
  await writeSbom(),
];
const healthy = isHealthy(rows);
console.log(flags.json ? JSON.stringify({ healthy, checks: rows }, null, 2) : rowsText(rows, (_, text) => text));
process.exitCode = healthy ? EXIT.ok : EXIT.failure;

function readFlags() {
  try {
    return parseArgs({
      options: { json: { type: "boolean", default: false }, tag: { type: "string" }, sbom: { type: "string" } },
    }).values;
  } catch (error) {
    const [reason = ""] = (error as Error).message.replaceAll("'", '"').split(". ", 1);
    console.error(
      `error: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}\n  write npm run release:check -- [--json] [--tag v${VERSION}] [--sbom FILE]`,
    );
    process.exit(EXIT.usage);
  }
}

async function writeSbom(): Promise<Row> {
  const check = "sbom";
  const { name, version } = packageJson;
  const whole: Bom = JSON.parse(await output("npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"));
  const kept = new Set(shipped.map((path) => `${nameOfPath(path)}@${lock.packages[path]?.version}`));
  const bom = releaseSbom(whole, kept, name);
  const listed = new Set(bom.components.map((component) => component["bom-ref"]));
  const lost = [...kept].filter((each) => !listed.has(each));
  const fault = lost.length > 0 ? `not listed: ${lost.join(", ")}` : await sbomFault(bom);
  if (fault !== undefined) return { check, state: "problem", found: fault, mend: "see what npm sbom prints" };
  const file = resolve(flags.sbom ?? join(packageRoot, "release", `${name}-${version}.cdx.json`));
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, `${JSON.stringify(bom, null, 2)}\n`, 0o644);
  return ok(check, `${bom.components.length} components in ${file}`);
}
