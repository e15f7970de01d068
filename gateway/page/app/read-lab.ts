/** Reads everything that the page shows from the gateway. */

import type { Api } from "../../../page/app/api.js";
import { type ForwardPage, forwardItem, readForwardPage, readMachines, readUsage, type Usage } from "./documents.js";
import { type MachineItem, machinesOf } from "./model.js";

/** The last use may be days ago. That is much data, so it is read less often. */
const LONG = "7d";
const LONG_EVERY_MS = 5 * 60_000;

/** @returns a function that reads the machines with their forwards. */
export function labReader(api: Api): () => Promise<MachineItem[]> {
  let last: { readonly usage: Usage; readonly at: number } | undefined;
  const longUsage = async () => {
    if (last === undefined || Date.now() - last.at > LONG_EVERY_MS) {
      last = { usage: readUsage(await api.get(`/v1/usage?since=${LONG}`)), at: Date.now() };
    }
    return last.usage;
  };
  return async () => {
    const [documents, known, lately, long] = await Promise.all([
      allForwards(api),
      api.get("/v1/machines").then(readMachines),
      api.get("/v1/usage?since=60m").then(readUsage),
      longUsage(),
    ]);
    const around = { lately, long, host: location.hostname };
    return machinesOf(
      documents.map((document) => forwardItem(document, around)),
      known,
    );
  };
}

async function allForwards(api: Api): Promise<ForwardPage["forwards"]> {
  const pages: ForwardPage["forwards"][number][] = [];
  let cursor = "";
  do {
    const { forwards, next } = readForwardPage(await api.get(`/v1/forwards?limit=1000${cursor}`));
    pages.push(...forwards);
    cursor = next === undefined ? "" : `&cursor=${encodeURIComponent(next)}`;
  } while (cursor !== "");
  return pages;
}
