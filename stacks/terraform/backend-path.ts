import { readFile } from "node:fs/promises";
import { join } from "node:path";

type Synthesized = { readonly terraform?: { readonly backend?: { readonly local?: { readonly path?: string } } } };

/** The state file that a synthesized stack names. @returns undefined without a stack that can be read. */
export async function backendPath(stackDir: string): Promise<string | undefined> {
  try {
    const stack = JSON.parse(await readFile(join(stackDir, "cdk.tf.json"), "utf8")) as Synthesized;
    return stack.terraform?.backend?.local?.path;
  } catch {
    return undefined;
  }
}
