/**
 * Under which id each resource of a synthesized stack is imported into Terraform's state, if it exists already. Pure. Left
 * out are resources that can be made a second time without harm, such as the settings of a bucket.
 */
import { HOST_TAG } from "../names.js";
import type { StateFile } from "../terraform/state.js";

type Attributes = Readonly<Record<string, unknown>>;

/** The parts of `cdk.tf.json` that are read. */
export interface SynthesizedStack {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
}

/** A rule of a security group, as EC2 and Terraform both describe it. */
export interface GroupRule {
  readonly id: string;
  readonly groupId: string;
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** A CIDR, the id of a prefix list or of a group. */
  readonly peer: string;
}

/** What EC2 has, of what has no name to ask for. */
export interface Existing {
  /** Id of a machine by its host. */
  readonly machines: ReadonlyMap<string, string>;
  /** Id of a group by its description. */
  readonly groups: ReadonlyMap<string, string>;
  readonly rules: readonly GroupRule[];
}

export interface ImportId {
  readonly address: string;
  readonly id: string;
}

const NAMED: Readonly<Record<string, string>> = {
  aws_key_pair: "key_name",
  aws_iam_role: "name",
  aws_iam_instance_profile: "name",
  aws_ssm_parameter: "name",
  aws_s3_bucket: "bucket",
};

export function importIds(
  stack: SynthesizedStack,
  state: Pick<StateFile, "resources">,
  existing: Existing,
): ImportId[] {
  const tracked = new Set(
    (state.resources ?? []).filter(({ mode }) => mode === "managed").map(({ type, name }) => `${type}.${name}`),
  );
  const groupIds = groupIdsOf(stack, state, existing);
  return Object.entries(stack.resource ?? {})
    .flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, attributes]) => ({
        address: `${type}.${name}`,
        id: idOf(type, attributes, stack, groupIds, existing),
      })),
    )
    .flatMap(({ address, id }) => (id === undefined || tracked.has(address) ? [] : [{ address, id }]));
}

function idOf(
  type: string,
  attributes: Attributes,
  stack: SynthesizedStack,
  groupIds: ReadonlyMap<string, string>,
  existing: Existing,
): string | undefined {
  const named = NAMED[type];
  if (named !== undefined) return literal(attributes[named]);
  switch (type) {
    case "aws_iam_role_policy":
    case "aws_iam_role_policy_attachment": {
      const role = nameBehind(stack, attributes.role);
      const other = literal(attributes.policy_arn);
      if (role === undefined) return undefined;
      return type === "aws_iam_role_policy" ? `${role}:${attributes.name}` : other && `${role}/${other}`;
    }
    case "aws_instance":
      return existing.machines.get(String((attributes.tags as Attributes | undefined)?.[HOST_TAG]));
    case "aws_security_group":
      return existing.groups.get(String(attributes.description));
    case "aws_vpc_security_group_ingress_rule":
    case "aws_vpc_security_group_egress_rule": {
      const groupId = groupIds.get(addressIn(attributes.security_group_id) ?? "");
      return existing.rules.find((rule) => rule.groupId === groupId && isSame(rule, type, attributes))?.id;
    }
    default:
      return undefined;
  }
}

/** Ids of the stack's groups by address, in the state or found. */
export function groupIdsOf(
  { resource = {} }: SynthesizedStack,
  { resources = [] }: Pick<StateFile, "resources">,
  { groups }: Pick<Existing, "groups">,
): ReadonlyMap<string, string> {
  const known = resources
    .filter(({ mode, type }) => mode === "managed" && type === "aws_security_group")
    .map(({ name, instances = [] }) => [`aws_security_group.${name}`, String(instances[0]?.attributes?.id)] as const);
  const found = Object.entries(resource.aws_security_group ?? {}).flatMap(([name, { description }]) => {
    const id = groups.get(String(description));
    return id === undefined ? [] : [[`aws_security_group.${name}`, id] as const];
  });
  return new Map([...found, ...known]);
}

function isSame(rule: GroupRule, type: string, attributes: Attributes): boolean {
  const { ip_protocol, from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_security_group_id } =
    attributes;
  const isAll = ip_protocol === "-1";
  return (
    rule.isEgress === (type === "aws_vpc_security_group_egress_rule") &&
    rule.protocol === ip_protocol &&
    (isAll || (rule.from === from_port && rule.to === to_port)) &&
    rule.peer === (cidr_ipv4 ?? cidr_ipv6 ?? prefix_list_id ?? referenced_security_group_id)
  );
}

/** A text without references, which only Terraform can resolve. */
const literal = (value: unknown) => (typeof value === "string" && !value.includes("${") ? value : undefined);

/** `aws_iam_role.X` in `${aws_iam_role.X.name}`. */
const addressIn = (value: unknown) => /^\$\{([a-z0-9_]+\.[A-Za-z0-9_-]+)\.\w+\}$/.exec(String(value))?.[1];

/** The name that a reference to a named resource stands for, or the text itself. */
function nameBehind({ resource = {} }: SynthesizedStack, value: unknown): string | undefined {
  const [type = "", name = ""] = addressIn(value)?.split(".") ?? [];
  return type === "" ? literal(value) : literal(resource[type]?.[name]?.name);
}
