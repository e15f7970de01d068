/** A forward for somebody who has none: where the machine is, and what is asked of the gateway. */

import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import { parseDuration } from "../base/text/duration.js";
import type {
  ForwardExtras,
  GatewayClient,
  KnownForward,
  KnownForwards,
  WantedForward,
} from "../client/gateway/client.js";
import { typeOfComponent } from "./machine-types.js";

export interface CreateFlags {
  readonly address?: string;
  readonly for?: string;
  readonly from?: readonly string[];
  readonly connPort?: number | undefined;
  readonly udp?: boolean;
}

export interface Machine {
  readonly name: string;
  readonly type: string | undefined;
}

/** What the gateway is asked for, once the machine's address is known. */
export async function wantedForward(
  client: GatewayClient,
  { name, type }: Machine,
  targetPort: number,
  given: string | undefined,
  known: readonly KnownForward[],
): Promise<WantedForward> {
  const ofType = known.find(({ component }) => typeOfComponent(component) === type);
  const component = ofType?.component ?? type ?? known[0]?.component ?? "machine";
  const targetAddr = given ?? (await addressOf(client, name, known));
  return { name, component, targetAddr, targetPort };
}

export function extrasOf(flags: CreateFlags): ForwardExtras {
  return defined({
    protocol: flags.udp === true ? ("udp" as const) : undefined,
    connPort: flags.connPort,
    sources: flags.from,
    expiresIn: flags.for === undefined ? undefined : Math.ceil(parseDuration(flags.for) / 1000),
  });
}

/** Where a forward that was just opened is met: known already, but for a machine's IPv6 address. */
export async function addressOfNew(
  client: GatewayClient,
  { name, targetAddr }: WantedForward,
  connPort: number,
  { gatewayAddress }: KnownForwards,
): Promise<string> {
  if (!targetAddr.includes(":")) return gatewayAddress;
  const { forwards } = await client.forwards(name);
  return forwards.find((forward) => forward.connPort === connPort)?.gatewayAddress ?? gatewayAddress;
}

/** From the machine's other forwards, else from what the gateway knows of machines. The first IPv4, as vLab takes it (V-47). */
async function addressOf(client: GatewayClient, name: string, known: readonly KnownForward[]): Promise<string> {
  const addresses = [...new Set(known.map(({ targetAddr }) => targetAddr))];
  if (addresses.length === 0) {
    const machines = await client.machines(name).catch((error: unknown) => {
      if (error instanceof Fault && error.exit === EXIT.notFound) return {};
      throw error;
    });
    addresses.push(...(Object.entries(machines).find(([found]) => found === name)?.[1].addr ?? []));
  }
  const address = addresses.find((text) => !text.includes(":")) ?? addresses[0];
  if (address === undefined) throw addressNeeded(name);
  return address;
}

const addressNeeded = (name: string) =>
  new Fault("connect/address-needed", `the address of ${quote(name)} is not known`, {
    hint: `give it with "--address 192.168.1.20"`,
    exit: EXIT.usage,
  });
