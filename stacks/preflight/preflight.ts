/**
 * The questions before a deployment: who asks, and whether AWS can give what is wanted. All are asked at once, change
 * nothing, and come before any key or archive is made.
 */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { LoadedConfig } from "../../config/load.js";
import type { StackName } from "../names.js";
import { askIdentity } from "../place/caller-identity.js";
import type { CallerIdentity } from "../place/place.js";
import { readState } from "../terraform/state.js";
import { askAws } from "./ask.js";
import { type ExistingMachines, existingMachines } from "./existing-machines.js";
import type { Facts } from "./facts.js";
import { type Finding, judge } from "./judge.js";
import type { WantedMachines } from "./wanted.js";

export interface PreflightOptions {
  /** The stacks that the machines belong to. */
  readonly stacks: readonly StackName[];
  readonly wanted: readonly WantedMachines[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface Preflight {
  readonly findings: readonly Finding[];
  readonly wanted: readonly WantedMachines[];
  readonly existing: ExistingMachines;
  readonly prices: Facts["prices"];
  /** Undefined: AWS did not answer in time, or does not know who asks. */
  readonly identity?: CallerIdentity;
  /** Why AWS does not know who asks. */
  readonly refusal?: Fault;
}

/** For all questions together, in seconds; SALLYPORT_PREFLIGHT_SECONDS may say more, for a slow network. */
const LIMIT = 3;

type Project = Pick<LoadedConfig, "config" | "projectDir" | "placeOf">;

export async function runPreflight(loaded: Project, options: PreflightOptions): Promise<Preflight> {
  const { wanted, env, signal } = options;
  const { SALLYPORT_PREFLIGHT_SECONDS: seconds = "" } = env;
  const { region } = loaded.config;
  const limit = AbortSignal.timeout(1_000 * (/^\d{1,3}(?:\.\d+)?$/.test(seconds) ? Number(seconds) : LIMIT));
  const [identity, facts, states] = await Promise.all([
    whoAsks(region, env, limit, signal),
    askAws(wanted, { region, env, signal, limit }),
    Promise.all(options.stacks.map((stack) => readState(loaded.projectDir, stack))),
  ]);
  const existing = existingMachines(states);
  const where: Finding = { check: "region", state: "ok", found: `${region} (${loaded.placeOf("/region")})` };
  if (identity instanceof Fault) {
    const { message, hint } = identity;
    const findings: Finding[] = [defined({ check: "account", state: "problem", found: message, mend: hint }), where];
    return { findings, wanted, existing, prices: facts.prices, refusal: identity };
  }
  const findings = [accountFinding(identity), where, ...judge(wanted, facts, { region, existing })];
  return defined({ findings, wanted, existing, prices: facts.prices, identity });
}

/** @throws Fault for what stands in the way, with all of it if there is more than one thing. */
export function checkPreflight({ findings, refusal }: Pick<Preflight, "findings" | "refusal">): void {
  if (refusal !== undefined) throw refusal;
  const problems = findings.filter(({ state }) => state === "problem");
  const [first, ...more] = problems;
  if (first === undefined) return;
  const rest = more.map(({ found, mend }) => `and ${found}\n${mend}`);
  throw new Fault(
    `preflight/${first.check}`,
    first.found,
    defined({ hint: [first.mend, ...rest].filter(Boolean).join("\n") || undefined }),
  );
}

/** One line each, for people. Pure. */
export function findingsText(findings: readonly Finding[]): string {
  return findings
    .map(({ check, state, found }) => `  ${check.padEnd(8)} ${state === "problem" ? "! " : ""}${found}`)
    .join("\n");
}

/** Undefined where AWS did not answer in time: the deployment asks again, with more patience. */
async function whoAsks(
  region: string,
  env: NodeJS.ProcessEnv,
  limit: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<CallerIdentity | Fault | undefined> {
  try {
    return await askIdentity({ region, env, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return undefined;
    if (error instanceof Fault) return error;
    throw error;
  }
}

function accountFinding(identity: CallerIdentity | undefined): Finding {
  if (identity === undefined)
    return { check: "account", state: "note", found: "not checked: AWS did not answer in time" };
  const { account, arn } = identity;
  return { check: "account", state: "ok", found: `${account} as ${arn.split(":").slice(5).join(":")}` };
}
