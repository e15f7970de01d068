/** Removes forwards by port of the gateway or by machine. */
import type { GatewayClient, KnownForward } from "../client/gateway/client.js";

export interface RemovedForwards {
  readonly removed: readonly KnownForward[];
  /** Ports and names without a forward. */
  readonly absent: readonly string[];
}

/** @param words ports of the gateway; or names of machines, whose forwards are all removed */
export async function removeForwards(client: GatewayClient, words: readonly string[]): Promise<RemovedForwards> {
  const { forwards } = await client.forwards();
  const removed: KnownForward[] = [];
  const absent: string[] = [];
  for (const word of words) {
    const isPort = /^[0-9]+$/.test(word);
    const found = forwards.filter(({ connPort, name }) => (isPort ? String(connPort) === word : name === word));
    if (found.length === 0) absent.push(word);
    for (const forward of found) {
      if (await client.remove(forward.connPort)) removed.push(forward);
      else absent.push(String(forward.connPort));
    }
  }
  return { removed, absent };
}
