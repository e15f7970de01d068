/** A project's cdktf.json, whose app is the kit as it is installed here. */
import { randomUUID } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, errno, Fault, quote } from "../../base/fault.js";
import { createExclusive } from "../../base/fs/atomic.js";
import { shellWord } from "../../base/text/shell.js";
import { packageRoot } from "../../base/tools.js";
import { VERSION } from "../../base/version.js";

/** The version of cdktf-cli that the tests deploy with. It has no builds for later versions of Node than the last of these. */
const CDKTF_CLI = { spec: "cdktf-cli@0.21.0", nodeVersions: [20, 22] } as const;

export type Installation =
  /** In a project or globally: npx finds its command. */
  | { readonly kind: "installed" }
  /** In npx's cache. The spec names it again: `sallyport@0.1.0`, or the path of a tarball. */
  | { readonly kind: "npx"; readonly spec: string }
  | { readonly kind: "checkout"; readonly root: string };

/** @param root of the package, without links. */
export async function findInstallation(root = packageRoot): Promise<Installation> {
  const modules = dirname(resolve(root));
  if (basename(modules) !== "node_modules") return { kind: "checkout", root: resolve(root) };
  const around = dirname(modules);
  const { _npx: npx, dependencies } = await readFile(join(around, "package.json"), "utf8").then(
    (text): NpxPackage => JSON.parse(text),
    (): NpxPackage => ({}),
  );
  if (npx === undefined) return { kind: "installed" };
  const from = dependencies?.sallyport ?? "";
  const isFile = from.startsWith("file:");
  return { kind: "npx", spec: isFile ? resolve(around, from.slice("file:".length)) : `sallyport@${VERSION}` };
}

interface NpxPackage {
  readonly _npx?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * The command that cdktf runs to synthesize.
 *
 * @param config the project file where it has a name of its own. @default - the `sallyport.yaml` that is found
 */
export function cdktfApp(installation: Installation, config?: string): string {
  // cdktf prints what comes on stderr as errors: warnings are enough.
  const words = [...commandOf(installation), "synth", "--quiet", ...(config === undefined ? [] : ["--config", config])];
  return words.map(shellWord).join(" ");
}

function commandOf(installation: Installation): string[] {
  switch (installation.kind) {
    case "installed":
      // Without the option, npx would fetch a package that a fresh clone has not installed yet, in any version.
      return ["npx", "--no-install", "sallyport"];
    case "npx":
      return ["npx", "--yes", `--package=${installation.spec}`, "sallyport"];
    case "checkout":
      return ["node", join(installation.root, "dist/cli/main.js")];
  }
}

/** @returns whether anything has the name, a link to nowhere too. */
export async function hasCdktfJson(dir: string): Promise<boolean> {
  return lstat(cdktfJsonPath(dir)).then(
    () => true,
    (error: unknown) => {
      if (errno(error) === "ENOENT") return false;
      throw notWritten(cdktfJsonPath(dir), error);
    },
  );
}

/** @throws Fault (exit status 5) if there is one already. */
export async function writeCdktfJson(dir: string, app: string): Promise<string> {
  const path = cdktfJsonPath(dir);
  const content = { language: "typescript", app, projectId: randomUUID(), sendCrashReports: "false" };
  const isNew = await createExclusive(path, `${JSON.stringify(content, null, 2)}\n`, 0o644).catch((error: unknown) => {
    throw notWritten(path, error);
  });
  if (!isNew) throw cdktfJsonTaken(dir);
  return path;
}

/** What to type next, with what is missing here. @param node version of this Node, such as `20.19.0` */
export function nextSteps(hasCdktf: boolean, node: string): string[] {
  const { spec, nodeVersions } = CDKTF_CLI;
  const runsHere = nodeVersions.some((version) => node.startsWith(`${version}.`));
  const install = `cdktf is not installed: npm install --global ${spec}`;
  const noBuild = `${spec} runs on Node ${nodeVersions.join(" and ")}, and this is Node ${node}: "sallyport up" does the same`;
  return [...(hasCdktf ? [] : [install]), ...(runsHere ? [] : [noBuild]), "deploy: cdktf deploy accelerator-hosts"];
}

const cdktfJsonPath = (dir: string) => join(dir, "cdktf.json");

export const cdktfJsonTaken = (dir: string): Fault =>
  new Fault("stacks/cdktf-json-exists", `there is already a file ${quote(cdktfJsonPath(dir))}`, {
    hint: "move it away first; a cdktf app of your own uses the constructs instead: see examples/own-cdktf-app",
    exit: EXIT.conflict,
  });

const notWritten = (path: string, cause: unknown) =>
  new Fault("stacks/cdktf-json-not-written", `cannot write ${quote(path)} (${errno(cause) ?? String(cause)})`, {
    cause,
  });
