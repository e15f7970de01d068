/**
 * Reads every ingress rule of a Terraform configuration into one shape: inline rules, separate rules
 * (three kinds of resource, and those of the `awscc` provider), the default group, prefix lists.
 */
import { Address, bitsOf } from "../../net/address.js";
import { Cidr } from "../../net/cidr.js";
import { ALL_PROTOCOLS, type CidrRule } from "../../net/ingress-rule.js";
import { LAST_PORT, type PortRange } from "../../net/port-range.js";
import {
  isObject,
  type JsonObject,
  type Reference,
  type Resource,
  type Scope,
  type TerraformJson,
  type Values,
} from "./terraform-json.js";

/** One rule of the configuration, with a block of addresses as its source. */
export interface IngressExposure {
  readonly stack: string;
  /** The group that lets packets in: an address such as `aws_security_group.web`, or an id. */
  readonly group: string;
  /** The resource that makes the rule. */
  readonly resource: Resource;
  readonly rule: CidrRule;
}

/** A source whose addresses only a run of Terraform can tell. */
export interface UnresolvedSource {
  readonly stack: string;
  readonly address: string;
  readonly path: string | undefined;
  readonly text: string;
}

export interface Exposures {
  readonly exposures: readonly IngressExposure[];
  readonly unresolved: readonly UnresolvedSource[];
}

/** The names that a kind of resource uses for the parts of a rule. */
interface Shape {
  readonly type: string;
  /** The block that holds the rules. Absent: the resource itself is the rule. */
  readonly block?: string;
  readonly group?: string;
  readonly protocol: string;
  readonly cidrs: readonly string[];
  readonly lists: readonly string[];
}

const INLINE = {
  block: "ingress",
  protocol: "protocol",
  cidrs: ["cidr_blocks", "ipv6_cidr_blocks"],
  lists: ["prefix_list_ids"],
};
const CLOUD_CONTROL = {
  protocol: "ip_protocol",
  cidrs: ["cidr_ip", "cidr_ipv_6", "cidr_ipv6"],
  lists: ["source_prefix_list_id"],
};

const SHAPES: readonly Shape[] = [
  { ...INLINE, type: "aws_security_group" },
  { ...INLINE, type: "aws_default_security_group" },
  {
    type: "aws_security_group_rule",
    group: "security_group_id",
    protocol: "protocol",
    cidrs: ["cidr_blocks", "ipv6_cidr_blocks"],
    lists: ["prefix_list_ids"],
  },
  {
    type: "aws_vpc_security_group_ingress_rule",
    group: "security_group_id",
    protocol: "ip_protocol",
    cidrs: ["cidr_ipv4", "cidr_ipv6"],
    lists: ["prefix_list_id"],
  },
  { ...CLOUD_CONTROL, type: "awscc_ec2_security_group", block: "security_group_ingress" },
  { ...CLOUD_CONTROL, type: "awscc_ec2_security_group_ingress", group: "group_id" },
];

export const HAVE_PORTS: ReadonlySet<string> = new Set(["tcp", "udp"]);
const ICMP = new Set(["icmp", "icmpv6", "1", "58"]);
const NAMES: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", all: ALL_PROTOCOLS };
const EVERY_PORT: PortRange = { from: 0, to: LAST_PORT };

export function exposuresIn(terraform: TerraformJson): Exposures {
  const reader = new Reader(terraform);
  for (const shape of SHAPES) {
    for (const resource of terraform.resources(shape.type)) {
      if (shape.block === undefined) {
        if (resource.body.type !== "egress") reader.rule(shape, resource, resource.body, terraform.scopeOf(resource));
        continue;
      }
      for (const { block, scope } of terraform.blocks(resource, shape.block))
        reader.rule(shape, resource, block, scope);
    }
  }
  return reader;
}

class Reader implements Exposures {
  readonly exposures: IngressExposure[] = [];
  readonly unresolved: UnresolvedSource[] = [];

  constructor(readonly terraform: TerraformJson) {}

  rule(shape: Shape, resource: Resource, block: JsonObject | string, scope: Scope): void {
    // A whole list of rules may be one expression: its addresses show, its ports hardly.
    const rule: JsonObject = isObject(block) ? block : { [shape.cidrs[0] ?? ""]: block, ...portsInside(block) };
    const protocols = this.#protocols(rule[shape.protocol], scope);
    const cidrs = [
      ...shape.cidrs.flatMap((key) => {
        const found = this.#cidrs(rule[key], resource, scope);
        return isObject(block) ? found.filter(({ family }) => family === (key.includes("6") ? 6 : 4)) : found;
      }),
      ...shape.lists.flatMap((key) => this.#listed(rule[key], resource, scope)),
    ];
    if (cidrs.length === 0) return;
    const group = this.#group(shape, resource, scope);
    for (const protocol of protocols) {
      // EC2 ignores the ports of any other protocol.
      const ports = HAVE_PORTS.has(protocol) ? this.#ports(rule, scope) : EVERY_PORT;
      for (const cidr of cidrs) {
        const exposed: CidrRule = { protocol, ports, source: { kind: "cidr", cidr } };
        this.exposures.push({ stack: resource.stack.name, group, resource, rule: exposed });
      }
    }
  }

  #group({ group }: Shape, resource: Resource, scope: Scope): string {
    if (group === undefined) return resource.address;
    const { literals, references } = this.terraform.values(resource.body[group], scope);
    return references[0]?.address ?? literals[0] ?? String(resource.body[group]);
  }

  /** Every protocol but ICMP, which has no ports. An unknown protocol may be any. */
  #protocols(value: unknown, scope: Scope): string[] {
    const { literals, references, unknown } = this.terraform.values(value, scope);
    if (literals.length === 0 || references.length > 0 || unknown.length > 0) return [ALL_PROTOCOLS];
    const names = literals.map((text) => NAMES[text.toLowerCase()] ?? text.toLowerCase());
    return [...new Set(names)].filter((name) => !ICMP.has(name));
  }

  /** All ports if they are unknown or unlimited. */
  #ports(rule: JsonObject, scope: Scope): PortRange {
    const [from, to] = [rule.from_port, rule.to_port].map((value) => {
      const { literals, references, unknown } = this.terraform.values(value, scope);
      const numbers = literals.map(Number).filter((number) => Number.isInteger(number) && number >= 0);
      return references.length > 0 || unknown.length > 0 ? [] : numbers;
    });
    if (from === undefined || to === undefined || from.length === 0 || to.length === 0) return EVERY_PORT;
    return { from: Math.min(...from), to: Math.max(...to) };
  }

  #cidrs(value: unknown, resource: Resource, scope: Scope): Cidr[] {
    const values = this.terraform.values(value, scope);
    this.#noteUnresolved(values, resource);
    return values.literals.flatMap((text) => readBlock(text) ?? []);
  }

  /** The entries of the named prefix lists. */
  #listed(value: unknown, resource: Resource, scope: Scope): Cidr[] {
    const { literals, references, unknown } = this.terraform.values(value, scope);
    const seen: string[] = [...unknown];
    for (const id of literals) if (id !== "") seen.push(id);
    const cidrs = references.flatMap((reference) => {
      if (reference.address.startsWith("aws_ec2_managed_prefix_list.")) return this.#entries(reference);
      if (!this.#isOfAws(reference)) seen.push(reference.address);
      return [];
    });
    for (const id of seen) this.#say(resource, `the prefix list ${id} cannot be read before Terraform runs`);
    return cidrs;
  }

  #entries({ stack, address }: Reference): Cidr[] {
    const cidrs: Cidr[] = [];
    for (const list of this.terraform.resources("aws_ec2_managed_prefix_list")) {
      if (list.stack !== stack || list.address !== address) continue;
      for (const { block, scope } of this.terraform.blocks(list, "entry")) {
        cidrs.push(...this.#cidrs(isObject(block) ? block.cidr : block, list, scope));
      }
    }
    for (const entry of this.terraform.resources("aws_ec2_managed_prefix_list_entry")) {
      const scope = this.terraform.scopeOf(entry);
      const { references } = this.terraform.values(entry.body.prefix_list_id, scope);
      if (!references.some((list) => list.stack === stack && list.address === address)) continue;
      cidrs.push(...this.#cidrs(entry.body.cidr, entry, scope));
    }
    return cidrs;
  }

  /** AWS's own lists hold its services' addresses. */
  #isOfAws({ stack, address }: Reference): boolean {
    const [, type = "", name = ""] = address.split(".");
    const data = (stack.json.data as JsonObject | undefined)?.[type];
    const body = isObject(data) ? data[name] : undefined;
    return address.startsWith("data.aws_") && isObject(body) && String(body.name).startsWith("com.amazonaws.");
  }

  #noteUnresolved({ references, unknown }: Values, resource: Resource): void {
    const unseen = references.filter(
      ({ address }) => !OWN_RANGES.has(address.replace(/^data\./, "").split(".")[0] ?? ""),
    );
    for (const text of [...unknown, ...unseen.map(({ address, attribute }) => `${address}.${attribute}`)]) {
      this.#say(resource, `the source ${JSON.stringify(text)} cannot be read before Terraform runs`);
    }
  }

  #say({ stack, address, path }: Resource, text: string): void {
    this.unresolved.push({ stack: stack.name, address, path, text });
  }
}

/** Resources whose addresses always belong to one party. */
const OWN_RANGES = new Set([
  "aws_default_subnet",
  "aws_default_vpc",
  "aws_eip",
  "aws_instance",
  "aws_nat_gateway",
  "aws_network_interface",
  "aws_subnet",
  "aws_vpc",
  "aws_vpc_ipv4_cidr_block_association",
  "aws_vpc_ipv6_cidr_block_association",
  "aws_vpc_peering_connection",
]);

/** As EC2 reads it: host bits are dropped, so `203.0.113.7/0` is everybody. */
function readBlock(text: string): Cidr | undefined {
  const [, address, prefix] = /^([\da-fA-F.:]+)\/(\d{1,3})$/.exec(text.trim()) ?? [];
  if (address === undefined) return undefined;
  const host = Address.parse(address);
  if (host === undefined) return undefined;
  const bits = host.wasMapped ? Number(prefix) - 96 : Number(prefix);
  return bits < 0 || bits > bitsOf(host.family) ? undefined : Cidr.around(host, bits);
}

function portsInside(expression: string): JsonObject {
  const all = (name: string) =>
    [...expression.matchAll(new RegExp(`\\b${name}"?\\s*[=:]\\s*"?(-?\\d+)`, "g"))].map(([, text]) => text);
  const [, protocol] = /\bprotocol"?\s*[=:]\s*"([\w-]+)"/.exec(expression) ?? [];
  return { from_port: all("from_port"), to_port: all("to_port"), protocol, ip_protocol: protocol };
}
