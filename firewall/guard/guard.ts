/**
 * Finds the ports that a Terraform configuration opens to the whole Internet.
 *
 * It reads the synthesized JSON, so it covers every construct and escape hatch, and it judges the union
 * of all rules of one group: `0.0.0.0/1` with `128.0.0.0/1`, a prefix list, or "everybody but one
 * address" is the Internet too. The threshold is a quarter of a family's public addresses: far more than
 * any one party has, and less than the coarsest way to cut the Internet in pieces.
 *
 * Not judged: ICMP, which has no ports; egress; modules, whose content is not in the JSON; and
 * sources that only Terraform will know, which are returned as unresolved.
 */
import { Cidr } from "../../net/cidr.js";
import { ALL_PROTOCOLS } from "../../net/ingress-rule.js";
import { includesPort, type PortRange, printPortRange } from "../../net/port-range.js";
import { blocksOf, difference, intersection, type Spans, sizeOf, spansOf } from "../../net/ranges.js";
import type { RuleTable } from "../options/table.js";
import { exposuresIn, HAVE_PORTS, type IngressExposure, type UnresolvedSource } from "./ingress-exposures.js";
import { isObject, objectAt, type StackJson, TerraformJson } from "./terraform-json.js";

export type { StackJson } from "./terraform-json.js";

/** A port that the guard lets pass for a source. */
export interface Allowed {
  readonly port: number;
  readonly cidr: Cidr | string;
  /** @default "tcp" */
  readonly protocol?: "tcp" | "udp";
}

export interface Finding {
  readonly stack: string;
  /** The group that is open. */
  readonly group: string;
  /** `tcp`, `udp`, the number of a protocol, or `all`. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly family: 4 | 6;
  /** The resources that open it together, and the paths of their constructs where known. */
  readonly openedBy: readonly { readonly address: string; readonly path: string | undefined }[];
  /** `the whole Internet (0.0.0.0/0)` */
  readonly audience: string;
  /** The finding in one sentence. */
  readonly text: string;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Sources that cannot be judged before Terraform runs. */
  readonly unresolved: readonly UnresolvedSource[];
}

/** Every port that the stacks open to the whole Internet and `allow` does not name. */
export function openToWorld(
  stacks: readonly StackJson[],
  options: { readonly allow?: readonly Allowed[] } = {},
): Judgement {
  const { exposures, unresolved } = exposuresIn(new TerraformJson(stacks));
  const groups = new Map<string, IngressExposure[]>();
  for (const exposure of exposures) {
    const key = `${exposure.stack} ${exposure.group}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [exposure]);
    else group.push(exposure);
  }
  const allow = (options.allow ?? []).map(readAllowed);
  const findings = [...groups.values()].flatMap((group) =>
    ([4, 6] as const).flatMap((family) => findingsOf(group, family, allow)),
  );
  return { findings, unresolved: [...unresolved, ...stacks.flatMap(unresolvedModules)] };
}

/** The rows of a table for `allow`: the guard then lets pass what the options request. */
export function allowedBy(table: Pick<RuleTable, "rows">): Allowed[] {
  return table.rows.flatMap(({ rule: { protocol, source, ports } }) => {
    if (source.kind !== "cidr" || (protocol !== "tcp" && protocol !== "udp")) return [];
    const { cidr } = source;
    const each = Array.from({ length: ports.to - ports.from + 1 }, (_, index) => ports.from + index);
    return each.map((port) => ({ port, cidr, protocol }));
  });
}

interface ReadAllowed {
  readonly port: number;
  readonly protocol: string;
  readonly cidr: Cidr;
}

function readAllowed({ port, cidr, protocol = "tcp" }: Allowed): ReadAllowed {
  return { port, protocol, cidr: typeof cidr === "string" ? Cidr.parse(cidr) : cidr };
}

const everything = (family: 4 | 6): Spans => spansOf([Cidr.parse(family === 4 ? "0.0.0.0/0" : "2000::/3")]);

/** Special-purpose blocks of the IANA registry that the Internet does not route. */
const NOT_PUBLIC = spansOf(
  [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
    ...["192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
  ].map((text) => Cidr.parse(text)),
);

const PUBLIC: Readonly<Record<4 | 6, Spans>> = { 4: difference(everything(4), NOT_PUBLIC), 6: everything(6) };

function findingsOf(group: readonly IngressExposure[], family: 4 | 6, allow: readonly ReadAllowed[]): Finding[] {
  const ofFamily = group.filter(({ rule }) => rule.source.cidr.family === family);
  const every = ofFamily.filter(({ rule }) => rule.protocol === ALL_PROTOCOLS);
  const findings = intervalsOf(every, ALL_PROTOCOLS, family, []);
  const isWholly = findings.length > 0;
  for (const protocol of new Set(["tcp", "udp", ...ofFamily.map(({ rule }) => rule.protocol)])) {
    if (protocol === ALL_PROTOCOLS) continue;
    // Where all protocols are open already, only rules that open this one besides are worth a line.
    const exposures = ofFamily.filter(
      ({ rule }) => rule.protocol === protocol || (rule.protocol === ALL_PROTOCOLS && !isWholly),
    );
    findings.push(
      ...intervalsOf(
        exposures,
        protocol,
        family,
        allow.filter((allowed) => allowed.protocol === protocol),
      ),
    );
  }
  return findings;
}

/** Cuts the ports wherever an exposure begins or ends, judges each piece, and joins equal neighbours. */
function intervalsOf(
  exposures: readonly IngressExposure[],
  protocol: string,
  family: 4 | 6,
  allow: readonly ReadAllowed[],
): Finding[] {
  const cuts = new Set<number>();
  for (const { rule } of exposures) cuts.add(rule.ports.from).add(rule.ports.to + 1);
  for (const { port } of allow) cuts.add(port).add(port + 1);
  const edges = [...cuts].sort((a, b) => a - b);
  const findings: Finding[] = [];
  for (const [index, from] of edges.entries()) {
    const to = (edges[index + 1] ?? from) - 1;
    const here = exposures.filter(({ rule }) => includesPort(rule.ports, from) && includesPort(rule.ports, to));
    if (to < from || here.length === 0) continue;
    const finding = judge(
      here,
      { protocol, from, to, family },
      allow.filter(({ port }) => port === from),
    );
    const previous = findings.at(-1);
    if (finding === undefined) continue;
    const isMore = previous?.to === from - 1 && isSameBut(previous, finding);
    if (isMore) findings.splice(-1, 1, withText({ ...previous, to }));
    else findings.push(withText(finding));
  }
  return findings;
}

type Piece = Pick<Finding, "protocol" | "from" | "to" | "family">;
type Untold = Omit<Finding, "text">;

function judge(
  exposures: readonly IngressExposure[],
  { protocol, ...piece }: Piece,
  allow: readonly ReadAllowed[],
): Untold | undefined {
  const { family } = piece;
  const open = spansOf(exposures.map(({ rule }) => rule.source.cidr));
  const allowed = allow.map(({ cidr }) => cidr).filter((cidr) => cidr.family === family);
  const unasked = difference(open, spansOf(allowed));
  const reached = sizeOf(intersection(unasked, PUBLIC[family]));
  if (reached * 4n < sizeOf(PUBLIC[family])) return undefined;
  const [first] = exposures;
  if (first === undefined) return undefined;
  const openers = exposures.filter(({ rule }) => intersection(spansOf([rule.source.cidr]), unasked).length > 0);
  const openedBy = [
    ...new Map(openers.map(({ resource: { address, path } }) => [address, { address, path }])).values(),
  ];
  const { stack, group } = first;
  const named = protocol === ALL_PROTOCOLS ? "all" : protocol;
  return { stack, group, protocol: named, ...piece, openedBy, audience: describe(family, unasked, reached) };
}

function describe(family: 4 | 6, unasked: Spans, reached: bigint): string {
  const blocks = blocksOf(family, unasked);
  const shown =
    blocks.length > 4 ? `${blocks.slice(0, 3).join(", ")} and ${blocks.length - 3} more blocks` : blocks.join(", ");
  const percent = Number((reached * 100n) / sizeOf(PUBLIC[family]));
  return percent >= 99 ? `the whole Internet (${shown})` : `${percent} % of the Internet (${shown})`;
}

function withText(finding: Untold): Finding {
  const { group, protocol, openedBy, audience } = finding;
  const what = printService(protocol, finding);
  const others = openedBy.map(({ address }) => address).filter((address) => address !== group);
  const through = others.length === 0 ? "" : ` through ${others.join(" and ")}`;
  return { ...finding, text: `${group} opens ${what} to ${audience}${through}, and no option asked for it` };
}

function printService(protocol: string, ports: PortRange): string {
  if (protocol === "all") return "every port";
  return HAVE_PORTS.has(protocol) ? `${protocol} ${printPortRange(ports)}` : `protocol ${protocol}`;
}

function isSameBut(a: Untold, b: Untold): boolean {
  const about = ({ openedBy, audience }: Untold) => [audience, ...openedBy.map(({ address }) => address)].join(" ");
  return about(a) === about(b);
}

/** Terraform fetches modules: the JSON shows only the arguments. */
function unresolvedModules(stack: StackJson): UnresolvedSource[] {
  return Object.entries(objectAt(stack.json, "module")).flatMap(([name, body]) => {
    const world = isObject(body) ? JSON.stringify(body).match(/(?:0\.0\.0\.0|::)\/[01](?!\d)/) : null;
    if (world === null) return [];
    const text = `a module is not looked into, and this one is given "${world[0]}"`;
    return [{ stack: stack.name, address: `module.${name}`, path: undefined, text }];
  });
}
