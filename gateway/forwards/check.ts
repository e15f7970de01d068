/** What a user asks for as a request that can be carried out, or a problem that says what was wrong. Pure. */
import ipaddr from "ipaddr.js";
import { defined } from "../../base/defined.js";
import type { ForwardRequest, PortRange, Protocol } from "./forward.js";
import { badValue } from "./problems.js";

/** As it came: nothing in it has been looked at. */
export interface ForwardInput {
  readonly target_addr?: unknown;
  readonly target_port?: unknown;
  readonly target_name?: unknown;
  readonly target_component?: unknown;
  readonly protocol?: unknown;
  readonly conn_port?: unknown;
  readonly sources?: unknown;
  readonly expires_in?: unknown;
}

export interface ForwardLimits {
  readonly range: PortRange;
  readonly labNetworks: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Block = ReturnType<typeof ipaddr.parseCIDR>;

const MOST_SOURCES = 64;
const MOST_SECONDS = 366 * 86_400;
/** No control characters, nothing that only looks like a space. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@:()-]{0,127}$/u;

export function checkForward(asked: ForwardInput, owner: string, limits: ForwardLimits, key?: string): ForwardRequest {
  const connPort = asked.conn_port === undefined ? undefined : portIn("conn_port", asked.conn_port, limits.range);
  return defined({
    owner,
    protocol: checkProtocol(asked.protocol),
    targetAddr: checkTarget(asked.target_addr, limits.labNetworks),
    targetPort: portIn("target_port", asked.target_port, { min: 1, max: 65_535 }),
    targetName: checkName("target_name", asked.target_name),
    targetComponent: checkName("target_component", asked.target_component),
    sources: checkSources(asked.sources),
    connPort,
    expiresAt: asked.expires_in === undefined ? undefined : limits.now + checkSeconds(asked.expires_in) * 1000,
    key: key === undefined ? undefined : checkKey(key),
  });
}

/** vLab's documentation sends a number as text; that is taken for the number it is. */
export function portIn(name: string, value: unknown, { min, max }: PortRange): number {
  const port = typeof value === "string" && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= min && port <= max) return port;
  throw badValue(name, value, `a whole number from ${min} to ${max}`);
}

function checkProtocol(value: unknown = "tcp"): Protocol {
  const protocol = typeof value === "string" ? value.toLowerCase() : value;
  if (protocol === "tcp" || protocol === "udp") return protocol;
  throw badValue("protocol", value, '"tcp" or "udp"');
}

function checkTarget(value: unknown, labNetworks: readonly string[]): string {
  const address = parseAddress(value);
  if (address === undefined) throw badValue("target_addr", value, "an IPv4 or IPv6 address");
  const isInLab = labNetworks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });
  if (!isInLab) throw badValue("target_addr", value, `an address within ${labNetworks.join(" or ")}`);
  return address.toString();
}

/** Four decimal parts or eight hexadecimal ones: inet_aton's "1.2", octal and zones are refused (V-15). */
export function parseAddress(value: unknown): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (typeof value !== "string") return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(value)) return ipaddr.IPv4.parse(value);
  if (!value.includes(":") || value.includes("%") || !ipaddr.IPv6.isValid(value)) return undefined;
  const address = ipaddr.IPv6.parse(value);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function checkName(name: string, value: unknown): string {
  if (typeof value === "string" && NAME.test(value)) return value;
  throw badValue(name, value, "1 to 128 letters, digits, spaces and . _ @ : ( ) -, beginning with a letter or digit");
}

function checkSources(value: unknown = []): string[] {
  if (!Array.isArray(value) || value.length > MOST_SOURCES) {
    throw badValue("sources", value, `a list of at most ${MOST_SOURCES} blocks of addresses`);
  }
  const blocks = value.map((text, index) => checkBlock(`sources[${index}]`, text));
  return outermost([...new Set(blocks)]).sort();
}

/** Without those that lie within another: nft refuses elements that overlap. */
function outermost(blocks: readonly string[]): string[] {
  const parsed = blocks.map((text) => ({ text, block: ipaddr.parseCIDR(text) }));
  const isWithin = ([inner, innerBits]: Block, [outer, outerBits]: Block) =>
    inner.kind() === outer.kind() && innerBits > outerBits && inner.match(outer, outerBits);
  return parsed.flatMap(({ text, block }) => (parsed.some((other) => isWithin(block, other.block)) ? [] : [text]));
}

/** The network of a block: host bits are cleared, a lone address is a block of one. */
function checkBlock(name: string, value: unknown): string {
  const expected = 'a block of addresses such as "198.51.100.0/24"';
  const [text, prefix, ...more] = typeof value === "string" ? value.split("/") : [];
  const address = parseAddress(text);
  if (address === undefined || more.length > 0) throw badValue(name, value, expected);
  const most = address.kind() === "ipv4" ? 32 : 128;
  const bits = prefix === undefined ? most : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : most + 1;
  if (bits > most) throw badValue(name, value, expected);
  const network =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${network}/${bits}`;
}

function checkSeconds(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST_SECONDS) return value;
  throw badValue("expires_in", value, `a whole number of seconds from 1 to ${MOST_SECONDS}`);
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw badValue("Idempotency-Key", key, "1 to 128 printable ASCII characters without spaces");
}
