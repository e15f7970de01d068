/** What the gateway's API answers, as far as the page reads it. Times become milliseconds since 1970. Pure. */
import type { Static } from "@sinclair/typebox";
import type { ForwardDocument, ForwardList, MachineList, UsageReport, WhoAmI } from "../../api/schemas.js";
import type { ForwardItem, Liveness } from "./model.js";
import type { Minute } from "./sparkline.js";

export interface Who {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

export function readWho(answer: unknown): Who {
  const { user, scopes, expires_at } = answer as Static<typeof WhoAmI>;
  return { name: user, scopes, expiresAt: Date.parse(expires_at) };
}

/** Until when a token was used, and the traffic of each minute, by id of the forward. */
export interface Usage {
  readonly minutes: ReadonlyMap<string, readonly Minute[]>;
  readonly lastUsed: ReadonlyMap<string, number>;
}

export function readUsage(answer: unknown): Usage {
  const { used, samples } = answer as Static<typeof UsageReport>;
  const minutes = new Map<string, Minute[]>();
  for (const { forward_id, minute, bytes } of samples) {
    const sample = { minute: Date.parse(minute), bytes };
    const known = minutes.get(forward_id);
    if (known === undefined) minutes.set(forward_id, [sample]);
    else known.push(sample);
  }
  return { minutes, lastUsed: new Map(used.map((each) => [each.forward_id, Date.parse(each.last_used)])) };
}

export interface ForwardPage {
  readonly forwards: readonly Static<typeof ForwardDocument>[];
  /** Cursor of the next page. */
  readonly next?: string;
}

export const readForwardPage = (answer: unknown): ForwardPage => answer as Static<typeof ForwardList>;

export function readMachines(answer: unknown): Liveness[] {
  return (answer as Static<typeof MachineList>).machines.map(({ addr, routable, last_seen, checked_at }) => ({
    addr,
    routable,
    ...(last_seen === undefined ? {} : { lastSeen: Date.parse(last_seen) }),
    ...(checked_at === undefined ? {} : { checkedAt: Date.parse(checked_at) }),
  }));
}

/** @param long of many days, for what was not used lately. */
export function forwardItem(document: Static<typeof ForwardDocument>, lately: Usage, long: Usage): ForwardItem {
  const { id, expires_at } = document;
  const lastUsed = lately.lastUsed.get(id) ?? long.lastUsed.get(id);
  return {
    id,
    connPort: document.conn_port,
    protocol: document.protocol,
    targetAddr: document.target_addr,
    targetPort: document.target_port,
    targetName: document.target_name,
    targetComponent: document.target_component,
    owner: document.owner,
    sources: document.sources,
    gateway: document.gateway_address,
    minutes: lately.minutes.get(id) ?? [],
    ...(expires_at === undefined ? {} : { expiresAt: Date.parse(expires_at) }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
  };
}
