/** Checks a user's input and turns it into a request, or into a problem that names the wrong value. Pure. */
import { defined } from "../../base/defined.js";
import { Address } from "../../net/address.js";
import type { Cidr } from "../../net/cidr.js";
import { MAX_FORWARD_SECONDS } from "../settings/schema.js";
import { parseBlock } from "./block.js";
import type { ForwardRequest, PortRange, Protocol } from "./forward.js";
import { badValue } from "./problems.js";

/** As it was sent: nothing is checked yet. */
export interface ForwardInput {
  readonly target_addr?: unknown;
  readonly target_port?: unknown;
  readonly target_name?: unknown;
  readonly target_component?: unknown;
  readonly protocol?: unknown;
  readonly conn_port?: unknown;
  /** Empty for every client. */
  readonly sources?: unknown;
  /** null for never. */
  readonly expires_in?: unknown;
}

interface ForwardLimits {
  readonly range: PortRange;
  readonly labNetworks: readonly Cidr[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface CheckOptions {
  readonly owner: string;
  /** Idempotency key. */
  readonly key?: string | undefined;
  readonly limits: ForwardLimits;
  /** What holds for an input that does not say. */
  readonly defaults: {
    /** @param target the address that the forward leads to. */
    sources(target: string): readonly string[];
    /** @default - it does not end */
    readonly seconds?: number | undefined;
  };
}

const MAX_SOURCES = 64;
/** No control characters, and no look-alikes of a space. */
export const NAME_RULE = "1 to 128 letters, digits, spaces and . _ @ : ( ) -, beginning with a letter or digit";
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@:()-]{0,127}$/u;

export const isName = (text: string) => NAME.test(text);

export function checkForward(input: ForwardInput, { owner, key, limits, defaults }: CheckOptions): ForwardRequest {
  const connPort = input.conn_port === undefined ? undefined : checkPort("conn_port", input.conn_port, limits.range);
  const targetAddr = checkTarget(input.target_addr, limits.labNetworks);
  const seconds = input.expires_in === undefined ? defaults.seconds : checkSeconds(input.expires_in);
  return defined({
    owner,
    protocol: checkProtocol(input.protocol),
    targetAddr,
    targetPort: checkPort("target_port", input.target_port, { min: 1, max: 65_535 }),
    targetName: checkName("target_name", input.target_name),
    targetComponent: checkName("target_component", input.target_component),
    sources: input.sources === undefined ? defaults.sources(targetAddr) : checkSources(input.sources),
    connPort,
    expiresAt: seconds === undefined ? undefined : limits.now + seconds * 1000,
    key: key === undefined ? undefined : checkKey(key),
  });
}

/** vLab's documentation sends numbers as text, so both are accepted. */
function checkPort(name: string, value: unknown, { min, max }: PortRange): number {
  const port = typeof value === "string" && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= min && port <= max) return port;
  throw badValue(name, value, `a whole number from ${min} to ${max}`);
}

function checkProtocol(value: unknown = "tcp"): Protocol {
  const protocol = typeof value === "string" ? value.toLowerCase() : value;
  if (protocol === "tcp" || protocol === "udp") return protocol;
  throw badValue("protocol", value, '"tcp" or "udp"');
}

function checkTarget(value: unknown, labNetworks: readonly Cidr[]): string {
  const address = typeof value === "string" ? Address.parse(value) : undefined;
  if (address === undefined) throw badValue("target_addr", value, "an IPv4 or IPv6 address");
  if (labNetworks.some((network) => network.contains(address))) return address.toString();
  throw badValue("target_addr", value, `an address within ${labNetworks.join(" or ")}`);
}

function checkName(name: string, value: unknown): string {
  if (typeof value === "string" && isName(value)) return value;
  throw badValue(name, value, NAME_RULE);
}

function checkSources(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > MAX_SOURCES) {
    throw badValue("sources", value, `a list of at most ${MAX_SOURCES} blocks of addresses`);
  }
  return outermost(value.map((text, index) => checkBlock(`sources[${index}]`, text))).sort();
}

/** The blocks that lie within no other block: nft refuses elements that overlap. */
function outermost(blocks: readonly Cidr[]): string[] {
  const distinct = [...new Map(blocks.map((block) => [block.toString(), block]))];
  return distinct.flatMap(([text, block]) =>
    distinct.some(([other, outer]) => other !== text && outer.contains(block)) ? [] : [text],
  );
}

function checkBlock(name: string, value: unknown): Cidr {
  const block = typeof value === "string" ? parseBlock(value) : undefined;
  if (block === undefined) throw badValue(name, value, 'a block of addresses such as "198.51.100.0/24"');
  return block;
}

function checkSeconds(value: unknown): number | undefined {
  if (value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_FORWARD_SECONDS) return value;
  throw badValue("expires_in", value, `a whole number of seconds from 1 to ${MAX_FORWARD_SECONDS}, or null for never`);
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw badValue("Idempotency-Key", key, "1 to 128 printable ASCII characters without spaces");
}
