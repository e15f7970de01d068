/**
 * Takes what AWS has of a deployment into Terraform's state: what an interrupted run made, or all of it after the state was
 * lost. Nothing is changed in AWS.
 */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { LoadedConfig } from "../../config/load.js";
import { buildStacks } from "../app.js";
import { outDir, stackDir, statePath } from "../files.js";
import type { DeployOptions } from "../lifecycle/deployment.js";
import { PROJECT_TAG, STACK_NAME, STACK_NAMES } from "../names.js";
import { askIdentity } from "../place/caller-identity.js";
import { checkPlace } from "../place/check-place.js";
import { placeInState } from "../place/place.js";
import { readRecord, recordPlace, takeProjectId } from "../place/record.js";
import { stackNamed } from "../registry.js";
import { resourceNames } from "../terraform/resource-names.js";
import { Terraform } from "../terraform/run.js";
import { readState, resourcesText } from "../terraform/state.js";
import { completeImports } from "./complete-imports.js";
import { readExisting, readUserData } from "./existing.js";
import { groupIdsOf, importIds, type SynthesizedStack } from "./import-ids.js";
import { readDeployment } from "./tagged.js";
import { untrackedOf } from "./untracked.js";

export interface Adopted {
  /** The construct's path: `accelerator-1/Instance`. */
  readonly name: string;
  readonly id: string;
}

type Options = Pick<DeployOptions, "env" | "onStep" | "onNote" | "signal">;

/** Needs the key, certificate and token of the deployment, and makes none: without them nothing of it could be ours. */
export async function adopt(loaded: LoadedConfig, options: Options): Promise<Adopted[]> {
  const { projectDir, config } = loaded;
  const { signal, onStep } = options;
  const asking = defined({ region: config.region, signal });
  const identity = await askIdentity(asking);
  await checkPlace(loaded, [STACK_NAME], { identity });
  const prepare = () => stackNamed().prepareStack(loaded, { ...options, create: false, account: identity.account });
  let prepared = await prepare();
  const { deployment } = prepared;
  if (deployment === undefined) return [];

  const text = await resourcesText(projectDir, STACK_NAME);
  const found = await readDeployment(deployment, asking);
  // Without machines that have ended.
  const ids = new Set(untrackedOf(found, [text], [deployment]).map(({ id }) => id));
  const untracked = found.filter(({ id }) => ids.has(id));
  const state = (await readState(projectDir, STACK_NAME)) ?? {};
  const [other, ...more] = new Set(untracked.flatMap(({ tags }) => tags[PROJECT_TAG] ?? []));
  // The bucket's name, and so the boot script of the machines, derives from the id of the project that made them.
  const states = await Promise.all(STACK_NAMES.map((stack) => readState(projectDir, stack)));
  const isNew = states.every((each) => each === undefined || placeInState(each) === undefined);
  if (isNew && more.length === 0 && other !== undefined) {
    const { id } = await readRecord(projectDir);
    if (id !== other) {
      await takeProjectId(projectDir, other);
      prepared = await prepare();
    }
  }

  const outdir = outDir(projectDir);
  await makeDir(outdir);
  buildStacks([prepared], { outdir }).synth();
  const dir = stackDir(outdir);
  const stack = JSON.parse(await readFile(join(dir, "cdk.tf.json"), "utf8")) as SynthesizedStack;
  const groups = Object.values(stack.resource?.aws_security_group ?? {}).map(({ description }) => String(description));
  const known = [...groupIdsOf({}, state, { groups: new Map() }).values()];
  const existing = await readExisting(untracked, groups, known, asking);

  const nameOf = await resourceNames(outdir);
  const terraform = await Terraform.find({ ...options, dir, nameOf });
  await terraform.init();
  await recordPlace(projectDir, STACK_NAME, { account: identity.account, region: config.region });
  const adopted: (Adopted & { readonly address: string })[] = [];
  for (const { address, id } of importIds(stack, state, existing)) {
    onStep?.(`looking for ${nameOf(address)}`);
    if (await terraform.import(address, id)) adopted.push({ address, name: nameOf(address), id });
  }
  const [pair] = Object.values(stack.resource?.aws_key_pair ?? {});
  const publicKey = typeof pair?.public_key === "string" ? pair.public_key : undefined;
  await complete(projectDir, adopted, { publicKey, userDataOf: (id) => readUserData(id, asking) });
  return adopted.map(({ name, id }) => ({ name, id }));
}

/** Terraform's import leaves out what the provider cannot read. */
async function complete(
  projectDir: string,
  adopted: readonly { readonly address: string; readonly id: string }[],
  known: { readonly publicKey: string | undefined; userDataOf(instance: string): Promise<string> },
): Promise<void> {
  if (adopted.length === 0) return;
  const instances = adopted.filter(({ address }) => address.startsWith("aws_instance."));
  const scripts = await Promise.all(instances.map(async ({ id }) => [id, await known.userDataOf(id)] as const));
  const file = statePath(resolve(projectDir));
  const state = JSON.parse(await readFile(file, "utf8")) as Parameters<typeof completeImports>[0];
  const completed = completeImports(state, {
    addresses: new Set(adopted.map(({ address }) => address)),
    scripts: new Map(scripts),
    publicKey: known.publicKey,
  });
  await replaceFile(file, `${JSON.stringify(completed, null, 2)}\n`, (await stat(file)).mode & 0o777);
}
