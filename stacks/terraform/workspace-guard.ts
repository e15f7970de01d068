/**
 * A local backend keeps the states of workspaces other than the default one in the stack's directory, below cdktf.out: there
 * none of our commands finds them, and they go with the directory.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as errors from "./errors.js";

const WORKSPACES = "terraform.tfstate.d";

/** For the app that `cdktf` runs, which starts Terraform itself. @throws Fault for a workspace of the user's. */
export function guardWorkspace({ TF_WORKSPACE }: NodeJS.ProcessEnv): void {
  if (TF_WORKSPACE && TF_WORKSPACE !== "default") throw errors.cdktfWorkspace(TF_WORKSPACE);
}

/**
 * `terraform init` offers to copy such states, and fails without an answer.
 *
 * @throws Fault for the first workspace with resources.
 */
export async function guardOtherStates(stackDir: string): Promise<void> {
  const dir = join(stackDir, WORKSPACES);
  for (const workspace of (await readdir(dir).catch(() => [])).sort()) {
    if (await hasResources(join(dir, workspace, "terraform.tfstate"))) throw errors.otherWorkspace(stackDir, workspace);
  }
}

async function hasResources(file: string): Promise<boolean> {
  try {
    const { resources = [] } = JSON.parse(await readFile(file, "utf8")) as { resources?: unknown[] };
    return resources.length > 0;
  } catch {
    return false;
  }
}
