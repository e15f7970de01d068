/** Opens forwards: finds the machine's address and asks the gateway for a port. */
import { defined } from "../base/defined.js";
import { EXIT, Fault, quote, usageFaults } from "../base/fault.js";
import { parseDuration } from "../base/text/duration.js";
import type {
  ForwardExtras,
  GatewayClient,
  KnownForward,
  KnownForwards,
  WantedForward,
} from "../client/gateway/client.js";
import { chooseForward, type ForwardQuery, noForward, type ResolvedQuery, resolveQuery } from "./choose-forward.js";
import { checkHost } from "./destination.js";
import { typeOfComponent } from "./machine-types.js";

/** How a new forward is opened, as a user writes it. */
export interface OpenRequest {
  /** Address of the machine. @default - from its other forwards, else from the gateway */
  readonly address?: string | undefined;
  /** A time span, or "never". @default - as the gateway is set up: usually 8 hours */
  readonly for?: string | undefined;
  /** Addresses and blocks that may use it, or "anywhere". @default - as the gateway is set up: usually this machine's */
  readonly from?: readonly string[] | undefined;
  /** Port of the gateway. @default - the lowest free one */
  readonly connPort?: number | undefined;
  readonly udp?: boolean | undefined;
}

interface TargetPort {
  readonly name: string;
  readonly type: string | undefined;
  readonly port: number;
}

/** A forward, and the address of the gateway under which its port is. */
export interface OpenedForward {
  readonly forward: KnownForward;
  readonly gatewayAddress: string;
  /** False for a forward that existed before. */
  readonly created: boolean;
}

/** The forward that `query` asks for, or a new one if `open` is given. @throws Fault `connect/no-forward` otherwise. */
export async function findOrOpen(
  client: GatewayClient,
  query: ForwardQuery,
  open: OpenRequest | undefined,
): Promise<OpenedForward & Pick<ResolvedQuery, "protocol">> {
  const known = await client.forwards(query.name);
  const resolved = resolveQuery(query, known.forwards);
  const { protocol, targetPort: port, type } = resolved;
  const found = chooseForward(query, resolved, known.forwards);
  if (found?.admitsYou === false && open === undefined) throw notAdmitted(found);
  // With `from`, the user says which addresses count.
  if (found !== undefined && (found.admitsYou !== false || open?.from !== undefined)) {
    const gatewayAddress = checkHost(found.gatewayAddress ?? known.gatewayAddress);
    return { forward: found, protocol, gatewayAddress, created: false };
  }
  if (open === undefined || port === undefined) throw noForward(query.name, protocol);
  const opened = await create(client, { name: query.name, type, port }, { ...open, connPort: query.connPort }, known);
  return { ...opened, protocol, gatewayAddress: checkHost(opened.gatewayAddress) };
}

/** The same forward if it exists, else a new one. */
export async function ensureForward(
  client: GatewayClient,
  query: ForwardQuery,
  open: OpenRequest,
): Promise<OpenedForward> {
  const known = await client.forwards(query.name);
  const port = query.targetPort ?? resolveQuery(query, known.forwards).targetPort;
  if (port === undefined) throw portNeeded(query.name);
  return create(client, { name: query.name, type: query.type, port }, open, known, (wanted) => {
    // A forward that ends, or admits only some, differs from every existing one.
    if (open.for !== undefined || open.from !== undefined) return undefined;
    return known.forwards.find(
      (forward) =>
        forward.targetAddr === wanted.targetAddr &&
        forward.targetPort === port &&
        forward.protocol === protocolOf(open) &&
        forward.admitsYou !== false &&
        (open.connPort === undefined || forward.connPort === open.connPort),
    );
  });
}

async function create(
  client: GatewayClient,
  target: TargetPort,
  open: OpenRequest,
  known: KnownForwards,
  existing: (wanted: WantedForward) => KnownForward | undefined = () => undefined,
): Promise<OpenedForward> {
  const wanted = await wantedForward(client, target, open.address, known.forwards);
  const same = existing(wanted);
  const made = same ?? (await client.create(wanted, extrasOf(open)));
  const gatewayAddress = await addressOfNew(client, wanted, made.connPort, known);
  const forward: KnownForward = same ?? { ...wanted, ...made, protocol: protocolOf(open) };
  return { forward, gatewayAddress, created: same === undefined };
}

async function wantedForward(
  client: GatewayClient,
  { name, type, port }: TargetPort,
  address: string | undefined,
  known: readonly KnownForward[],
): Promise<WantedForward> {
  const ofType = known.find(({ component }) => typeOfComponent(component) === type);
  const component = ofType?.component ?? type ?? known[0]?.component ?? "machine";
  return { name, component, targetAddr: address ?? (await addressOf(client, name, known)), targetPort: port };
}

const protocolOf = ({ udp }: OpenRequest) => (udp === true ? "udp" : "tcp");

function extrasOf(open: OpenRequest): ForwardExtras {
  return defined<ForwardExtras>({
    protocol: open.udp === true ? "udp" : undefined,
    connPort: open.connPort,
    sources: open.from?.includes("anywhere") === true ? [] : open.from,
    expiresIn: open.for === undefined ? undefined : secondsOf(open.for),
  });
}

const secondsOf = (span: string) => (span === "never" ? null : Math.ceil(parseDuration(span) / 1000));

/** Only a machine's IPv6 address may put the port at another address of the gateway. */
async function addressOfNew(
  client: GatewayClient,
  { name, targetAddr }: WantedForward,
  connPort: number,
  { gatewayAddress }: KnownForwards,
): Promise<string> {
  if (!targetAddr.includes(":")) return gatewayAddress;
  const { forwards } = await client.forwards(name);
  return forwards.find((forward) => forward.connPort === connPort)?.gatewayAddress ?? gatewayAddress;
}

/** From the machine's other forwards, else from the gateway's list of machines. Like vLab, prefers the first IPv4. */
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

const notAdmitted = ({ connPort, name, sources = [] }: KnownForward) =>
  new Fault("connect/not-admitted", `port ${connPort} to ${quote(name)} admits only ${sources.join(", ")}, not you`, {
    hint: 'open a forward for your address with "--create"',
    exit: EXIT.auth,
  });

const addressNeeded = (name: string) =>
  usageFaults("connect")(
    "address-needed",
    `the address of ${quote(name)} is unknown`,
    'give it with "--address 192.168.1.20"',
  );

const portNeeded = (name: string) =>
  usageFaults("portmap")(
    "port-needed",
    `the port of ${quote(name)} is unknown`,
    'give it with "--target-port 8080", or give a protocol',
  );
