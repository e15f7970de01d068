/**
 * Hourly prices of hosts. Pure. The user supplies on-demand prices, which AWS serves only through a
 * separate API; EC2 reports those of spot instances.
 */
import * as errors from "./errors.js";

/** US dollars per hour, by instance type. */
export type Prices = ReadonlyMap<string, number>;

/** @param lists each `TYPE=USD`, or several with commas; later ones win. @throws Fault (exit status 2) */
export function parsePrices(lists: readonly string[]): Prices {
  const prices = new Map<string, number>();
  for (const text of lists.flatMap((list) => list.split(",")).map((each) => each.trim())) {
    if (text === "") continue;
    const [, type, usd] = /^([a-z][a-z0-9-]*\.[a-z0-9-]+)=([0-9]{1,5}(?:\.[0-9]{1,10})?)$/.exec(text) ?? [];
    if (type === undefined) throw errors.badPrice(text);
    prices.set(type, Number(usd));
  }
  return prices;
}

/** In US dollars, to the cent; EC2 bills by the second, 60 at least. */
export function costOf(usdPerHour: number, seconds: number): number {
  return Math.round((usdPerHour * Math.max(seconds, 60) * 100) / 3_600) / 100;
}
