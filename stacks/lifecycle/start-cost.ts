/** What machines that stand still will cost once they run, for the question before they do. */

import { askPrices } from "../preflight/ask-prices.js";
import { Asker } from "../preflight/asker.js";
import { type StartedMachines, startSentence } from "../preflight/cost.js";
import type { Machine } from "./instances.js";

/** Milliseconds. A price is worth knowing, and no reason to wait. */
const LIMIT_MS = 3_000;

export interface StartCostOptions {
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
  readonly autostop: boolean;
  readonly signal?: AbortSignal;
}

/** @returns one sentence, or undefined without machines */
export async function startCost(
  machines: readonly Machine[],
  { region, env, autostop, signal }: StartCostOptions,
): Promise<string | undefined> {
  const started = machines.map(
    ({ type, spot }): StartedMachines => ({ types: [type], spot: spot ? "only" : "none", count: 1 }),
  );
  const asker = new Asker({ region, env, signal, limit: AbortSignal.timeout(LIMIT_MS) });
  try {
    const prices = await askPrices(started, asker);
    return startSentence(started, { prices, region, autostop });
  } finally {
    asker.close();
  }
}
