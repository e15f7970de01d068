/** `sallyport config init`: the first files of a project. */
import { dirname, relative, resolve } from "node:path";
import type { Command } from "commander";
import type { Context, Wrap } from "../../context.js";

interface InitFlags {
  readonly cdktf?: boolean;
}

export function registerInit(config: Command, wrap: Wrap): void {
  config
    .command("init")
    .description("write a short sallyport.yaml, never over an existing one")
    .option("--cdktf", 'write a cdktf.json too, for "cdktf deploy"; a sallyport.yaml that is there stays')
    .addHelpText(
      "after",
      `
sallyport up needs no cdktf.json. With one, "cdktf deploy" works as well, on the same state.

Examples:
  $ sallyport config init
  $ sallyport config init --cdktf
  $ sallyport config init --config cloud/sallyport.yaml`,
    )
    .action(wrap<[InitFlags]>(init));
}

async function init(context: Context, { cdktf = false }: InitFlags): Promise<void> {
  if (cdktf) return initCdktf(context);
  const { writeTemplate } = await import("../../../config/files.js");
  const written = await writeTemplate(context.cwd, context.options.config);
  context.print({ path: written }, ({ path }) => `wrote ${path}`);
}

async function initCdktf(context: Context): Promise<void> {
  const { isThere, PROJECT_FILE, writeTemplate } = await import("../../../config/files.js");
  const cdktf = await import("../../../stacks/terraform/cdktf-json.js");
  const path = resolve(context.cwd, context.options.config ?? PROJECT_FILE);
  const dir = dirname(path);
  if (await cdktf.hasCdktfJson(dir)) throw cdktf.cdktfJsonTaken(dir);
  const isKept = await isThere(path);
  if (!isKept) await writeTemplate(context.cwd, path);
  const name = relative(dir, path);
  const app = cdktf.cdktfApp(await cdktf.findInstallation(), name === PROJECT_FILE ? undefined : name);
  // Last: after an interruption, the same command completes what is missing.
  const json = await cdktf.writeCdktfJson(dir, app);
  context.print({ path, cdktf: json, app }, () =>
    [`${isKept ? "kept" : "wrote"} ${path}`, `wrote ${json}; its app is: ${app}`].join("\n"),
  );
  const { findProgram } = await import("../../../base/tools.js");
  const isInstalled = findProgram("cdktf", context.env) !== undefined;
  for (const line of cdktf.nextSteps(isInstalled, process.versions.node)) context.note(line);
}
