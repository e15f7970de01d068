/** Hourly prices of machines on demand, for those that already run. */
import { askPrices } from "../preflight/ask-prices.js";
import { Asker } from "../preflight/asker.js";
import { priceKey } from "../preflight/facts.js";
import { type HourlyPrice, listedPrice } from "../preflight/price-list.js";
import { isEmulated } from "./emulated.js";

/** Milliseconds. A price is worth knowing, and no reason to wait. */
const LIMIT_MS = 3_000;

export interface PriceOptions {
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** By instance type: AWS's current price, else that of the release, else none. */
export async function onDemandPrices(
  types: readonly string[],
  options: PriceOptions,
): Promise<ReadonlyMap<string, HourlyPrice>> {
  // An emulator knows no prices, and takes long to say so.
  const wanted = isEmulated(options.env) ? [] : types.map((type) => ({ types: [type], spot: "none" }) as const);
  const asker = new Asker({ ...options, limit: AbortSignal.timeout(LIMIT_MS) });
  try {
    const asked = await askPrices(wanted, asker);
    return new Map(
      types.flatMap((type) => {
        const price = asked.get(priceKey(type, false)) ?? listedPrice(type);
        return price === undefined ? [] : [[type, price] as const];
      }),
    );
  } finally {
    asker.close();
  }
}
