/** Maps Terraform addresses back to the constructs that they come from, for messages. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stackDir } from "../files.js";
import { STACK_NAME, type StackName } from "../names.js";

type Synthesized = {
  readonly resource?: Record<
    string,
    Record<string, { readonly "//"?: { readonly metadata?: { readonly path?: string } } }>
  >;
};

/** @returns `accelerator-1/Instance` for `aws_instance.accelerator-1_Instance_0A1B2C3D`. */
export async function resourceNames(
  outdir: string,
  stack: StackName = STACK_NAME,
): Promise<(address: string) => string> {
  const text = await readFile(join(stackDir(outdir, stack), "cdk.tf.json"), "utf8").catch(() => "{}");
  const { resource = {} } = JSON.parse(text) as Synthesized;
  const paths = new Map<string, string>();
  for (const [type, byName] of Object.entries(resource)) {
    for (const [name, { "//": comment }] of Object.entries(byName)) {
      const path = comment?.metadata?.path;
      if (path !== undefined) paths.set(`${type}.${name}`, path.slice(`${stack}/`.length));
    }
  }
  return (address) => paths.get(address) ?? readable(address);
}

/** A name derived from the address alone: cdktf joins the path with underscores and appends eight digits. */
function readable(address: string): string {
  return address
    .slice(address.indexOf(".") + 1)
    .replace(/_[0-9A-F]{8}$/, "")
    .replaceAll("_", "/");
}
