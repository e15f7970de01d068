/** Reads the documents of the gateway's API. Times become milliseconds since 1970. Pure. */
import type { Static } from "@sinclair/typebox";
import { defined } from "../../../base/defined.js";
import type { ForwardDocument, ForwardList, MachineList, UsageReport, WhoAmI } from "../../api/schemas.js";
import type { ForwardItem, KnownMachine } from "./model.js";
import type { Minute } from "./sparkline.js";

export interface Who {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  /** Where the browser's requests come from. */
  readonly address: string;
  /** What a new forward has if nothing else is chosen. */
  readonly usual: {
    readonly sources: "caller" | "anywhere";
    /** Undefined for never. */
    readonly seconds?: number;
  };
}

export function readWho(document: unknown): Who {
  const { user, scopes, expires_at, address, forward_defaults } = document as Static<typeof WhoAmI>;
  const { sources, expires_in: seconds } = forward_defaults;
  const usual = { sources, ...(seconds === null ? {} : { seconds }) };
  return { name: user, scopes, expiresAt: Date.parse(expires_at), address, usual };
}

/** The last use and the traffic per minute of each forward, by id. */
export interface Usage {
  readonly minutes: ReadonlyMap<string, readonly Minute[]>;
  readonly lastUsed: ReadonlyMap<string, number>;
}

export function readUsage(document: unknown): Usage {
  const { used, samples } = document as Static<typeof UsageReport>;
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

export const readForwardPage = (document: unknown): ForwardPage => document as Static<typeof ForwardList>;

export function readMachines(document: unknown): KnownMachine[] {
  return (document as Static<typeof MachineList>).machines.map(
    ({ name, addr, component, routable, last_seen, checked_at }) =>
      defined<KnownMachine>({
        name,
        addr,
        component,
        routable,
        lastSeen: last_seen === undefined ? undefined : Date.parse(last_seen),
        checkedAt: checked_at === undefined ? undefined : Date.parse(checked_at),
      }),
  );
}

export interface Around {
  readonly lately: Usage;
  /** The usage of many days, for forwards without recent traffic. */
  readonly long: Usage;
  /** Where the page came from, for a gateway that does not know its own address. */
  readonly host: string;
}

export function forwardItem(document: Static<typeof ForwardDocument>, { lately, long, host }: Around): ForwardItem {
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
    gateway: document.gateway_address ?? host,
    admitsYou: document.admits_you !== false,
    minutes: lately.minutes.get(id) ?? [],
    ...(expires_at === undefined ? {} : { expiresAt: Date.parse(expires_at) }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
  };
}
