/**
 * Compares where a command would ask with where the project's stacks are. In another region or account, AWS knows none
 * of their resources: a refresh would empty the state, and a running host would be called gone.
 */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { STACK_NAMES, type StackName } from "../names.js";
import { readState } from "../terraform/state.js";
import { askIdentity } from "./caller-identity.js";
import * as errors from "./errors.js";
import { type CallerIdentity, hasGroup, type Place, placeInState } from "./place.js";
import { readRecord } from "./record.js";

type Project = Pick<LoadedConfig, "config" | "projectDir" | "placeOf">;

export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** The value of `--region`. @default - the configuration's `region` */
  readonly region?: string;
  /** The answer of `sts:GetCallerIdentity`, if it is known already. */
  readonly identity?: CallerIdentity;
}

/**
 * Asks AWS for the account only if a stack is in a known one.
 *
 * @throws Fault (exit status 5) if one of these stacks is elsewhere, with both places named.
 */
export async function checkPlace(
  loaded: Project,
  stacks: readonly StackName[],
  options: CheckOptions = {},
): Promise<void> {
  const { signal, region = loaded.config.region } = options;
  await checkRegion(loaded, stacks, options);
  let { identity } = options;
  for (const stack of stacks) {
    const place = await deployedPlace(loaded.projectDir, stack);
    if (place?.account === undefined) continue;
    identity ??= await askIdentity(defined({ region, signal }));
    if (identity.account !== place.account) throw errors.otherAccount(stack, place, identity);
  }
}

/** The part of {@link checkPlace} that needs no call to AWS. @throws Fault (exit status 5) */
export async function checkRegion(
  loaded: Project,
  stacks: readonly StackName[],
  options: Pick<CheckOptions, "region"> = {},
): Promise<void> {
  const { region = loaded.config.region } = options;
  const from = options.region === undefined ? loaded.placeOf("/region") : "--region";
  for (const stack of stacks) {
    const place = await deployedPlace(loaded.projectDir, stack);
    if (place?.region !== undefined && place.region !== region) throw errors.otherRegion(stack, place, region, from);
  }
}

/** As {@link checkPlace}, for the stacks that one of these security groups belongs to. */
export async function checkPlaceOfGroups(
  loaded: Project,
  groupIds: readonly string[],
  options: CheckOptions = {},
): Promise<void> {
  const owners: StackName[] = [];
  for (const stack of STACK_NAMES) {
    if (hasGroup((await readState(loaded.projectDir, stack)) ?? {}, groupIds)) owners.push(stack);
  }
  await checkPlace(loaded, owners, options);
}

/** Undefined: the stack has nothing in AWS. The record adds what the resources themselves do not tell. */
export async function deployedPlace(projectDir: string, stack: StackName): Promise<Partial<Place> | undefined> {
  const state = await readState(projectDir, stack);
  const told = state === undefined ? undefined : placeInState(state);
  return told === undefined ? undefined : { ...(await readRecord(projectDir)).places[stack], ...told };
}
