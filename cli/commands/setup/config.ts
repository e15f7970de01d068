/** `sallyport config show|path|schema`; config-init.ts has `init`. */
import { defined } from "../../../base/defined.js";
import type { Context, Register } from "../../context.js";
import { registerInit } from "./config-init.js";

export const register: Register = (program, wrap) => {
  const config = program.command("config").description("show, explain and create the configuration");
  config
    .command("show")
    .description("print the effective values")
    .option("--origin", "print the origin of each value")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport config show
  $ sallyport config show --origin
  $ SALLYPORT_REGION=eu-west-1 sallyport config show --origin --json`,
    )
    .action(wrap<[{ origin?: boolean }]>(show));
  config
    .command("path")
    .description("print the configuration files and whether they exist")
    .addHelpText("after", "\nExample:\n  $ sallyport config path")
    .action(wrap(path));
  config
    .command("schema")
    .description("print the JSON Schema of sallyport.yaml")
    .addHelpText("after", "\nExample:\n  $ sallyport config schema > sallyport.schema.json")
    .action(wrap(schema));
  registerInit(config, wrap);
};

async function show(context: Context, { origin = false }: { origin?: boolean }): Promise<void> {
  const { config, origins } = await context.config();
  const { configKeys } = await import("../../../config/schema.js");
  const { flow } = await import("../../../config/template.js");
  const entries = configKeys.map((key) => ({ key, value: config[key], ...origins[key] }));
  const json = entries.map(({ key, value, layer, where }) => [
    key,
    origin ? { value: value ?? null, layer, where } : value,
  ]);
  const lines = entries.map(({ key, value, where }) => ({
    line: `${key}: ${value === undefined ? "" : flow(value)}`,
    where,
  }));
  const width = Math.min(48, Math.max(...lines.map(({ line }) => line.length)));
  context.print(Object.fromEntries(json), () =>
    lines.map(({ line, where }) => (origin ? `${line.padEnd(width)}  # ${where}` : line.trimEnd())).join("\n"),
  );
}

async function path(context: Context): Promise<void> {
  const { configFiles } = await import("../../../config/files.js");
  const { config: file } = context.options;
  const files = await configFiles(defined({ cwd: context.cwd, env: context.env, file }));
  context.print(files, (rows) =>
    rows.map(({ layer, path, exists }) => `${layer.padEnd(8)} ${path}${exists ? "" : "  (not there)"}`).join("\n"),
  );
}

async function schema(context: Context): Promise<void> {
  const { schemaText } = await import("../../../config/schema.js");
  context.out(schemaText().trimEnd());
}
