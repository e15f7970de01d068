/** Reads Terraform's state and plan files without Terraform. */
import { readFile } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { notDeployed } from "../errors.js";
import { statePath } from "../files.js";
import type { StackName } from "../names.js";
import * as errors from "./errors.js";

/** The parts of a state file that the kit reads. */
export interface StateFile {
  readonly version: 4;
  readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly resources?: readonly StatedResource[];
}

interface StatedResource {
  readonly mode?: string;
  readonly type?: string;
  readonly name?: string;
  readonly instances?: readonly { readonly attributes?: Readonly<Record<string, unknown>> }[];
}

/** The state of a stack. Undefined without one: a deployment that ended before it began leaves an empty file. */
export async function readState(projectDir: string, stack: StackName): Promise<StateFile | undefined> {
  const file = statePath(projectDir, stack);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return "";
    throw error;
  });
  if (text.trim() === "") return undefined;
  try {
    const state = JSON.parse(text) as StateFile;
    if (state.version === 4) return state;
  } catch (error) {
    throw errors.badState(file, stack, error);
  }
  throw errors.badState(file, stack);
}

/** The resources of a stack as text, which has all their ids. The outputs may name what is there no more. */
export async function resourcesText(projectDir: string, stack: StackName): Promise<string> {
  return JSON.stringify((await readState(projectDir, stack))?.resources ?? []);
}

/** The outputs of a stack. @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readStateOutputs(projectDir: string, stack: StackName): Promise<Record<string, unknown>> {
  const state = await readState(projectDir, stack);
  if (state === undefined) throw notDeployed(projectDir, stack);
  return Object.fromEntries(Object.entries(state.outputs ?? {}).map(([name, { value }]) => [name, value]));
}

/** The attributes of a stack's own resources of a type. Pure. */
export function managed(
  { resources = [] }: Pick<StateFile, "resources">,
  wanted: string,
): Readonly<Record<string, unknown>>[] {
  return resources
    .filter(({ mode, type }) => mode === "managed" && type === wanted)
    .flatMap(({ instances = [] }) => instances.map(({ attributes = {} }) => attributes));
}

/** Address of the resource with this instance id. Pure. */
export function addressOf({ resources = [] }: Pick<StateFile, "resources">, instanceId: string): string | undefined {
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
