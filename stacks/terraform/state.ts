/** Reads Terraform's state and plan files without Terraform. */
import { readFile } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { notDeployed } from "../errors.js";
import { statePath } from "../files.js";
import type { StackName } from "../names.js";
import * as errors from "./errors.js";

/** The outputs of a stack. @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readStateOutputs(projectDir: string, stack: StackName): Promise<Record<string, unknown>> {
  const file = statePath(projectDir, stack);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") throw notDeployed(projectDir, stack);
    throw error;
  });
  // A deployment that ended before it began leaves an empty file.
  if (text.trim() === "") throw notDeployed(projectDir, stack);
  return outputValues(text, file, stack);
}

function outputValues(text: string, file: string, stack: StackName): Record<string, unknown> {
  try {
    const state = JSON.parse(text) as { version?: unknown; outputs?: Record<string, { value?: unknown }> };
    if (state.version !== 4) throw errors.badState(file, stack);
    return Object.fromEntries(Object.entries(state.outputs ?? {}).map(([name, { value }]) => [name, value]));
  } catch (error) {
    throw errors.badState(file, stack, error);
  }
}

/** Address of the resource with this instance id. Pure. */
export function addressOf(state: unknown, instanceId: string): string | undefined {
  const { resources = [] } = state as {
    resources?: { mode?: string; type?: string; name?: string; instances?: { attributes?: { id?: string } }[] }[];
  };
  const found = resources.find(
    ({ mode, type, instances = [] }) =>
      mode === "managed" &&
      type === "aws_instance" &&
      instances.some(({ attributes }) => attributes?.id === instanceId),
  );
  return found === undefined ? undefined : `${found.type}.${found.name}`;
}

/** Whether an output in a plan, as `terraform show -json` prints it, depends on resources that do not exist. Pure. */
export function hasUnknownOutputs(plan: unknown): boolean {
  const { output_changes = {} } = plan as { output_changes?: Record<string, { after_unknown?: unknown }> };
  const isUnknown = (value: unknown): boolean =>
    value === true || (typeof value === "object" && value !== null && Object.values(value).some(isUnknown));
  return Object.values(output_changes).some(({ after_unknown }) => isUnknown(after_unknown));
}
