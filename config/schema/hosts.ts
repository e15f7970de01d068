/** The keys that define hosts, their lifecycle and their number. ../check-hosts.ts checks the combinations. */
import { type Static, Type } from "@sinclair/typebox";
import {
  AMI,
  AMI_EXPECTED,
  defaulted,
  flag,
  type Immutable,
  INSTANCE_TYPE,
  SUBNET_ID,
  span,
  wholeNumber,
} from "./shapes.js";

const hostName = "^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$";

const securityGroupId = Type.String({
  description:
    "An existing security group, left as it is, in place of the one with the kit's rules: who gets in is then up to you.",
  pattern: "^sg-[0-9a-f]{8,17}$",
  errorMessage: 'must be the id of a security group such as "sg-0123456789abcdef0"',
});
const instanceId = Type.String({
  description: "An existing instance to use, start and stop as accelerator-1; nothing is installed on it.",
  pattern: "^i-[0-9a-f]{8,17}$",
  errorMessage: 'must be the id of an instance such as "i-0123456789abcdef0"',
});
const hostIp = Type.String({
  description: "Address or DNS name of an existing host to use as accelerator-1; it is never started or stopped.",
  pattern: "^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]+)$",
  errorMessage: 'must be an address or a DNS name such as "203.0.113.7"',
});
const sshUser = Type.String({
  description: "Login user of the image. Without it, ubuntu, or ec2-user for al2023.",
  pattern: "^[a-z_][a-z0-9_-]{0,31}$",
  errorMessage: 'must be a user name such as "ubuntu"',
});
const spot = Type.Union(
  [
    Type.Boolean(),
    Type.Object(
      {
        max_price: Type.Optional(
          Type.Union(
            [
              Type.Number({ minimum: 0.0001, maximum: 9999.99999 }),
              Type.String({ pattern: "^[0-9]{1,4}(?:\\.[0-9]{1,5})?$" }),
            ],
            {
              description: "Most US dollars per hour. Without it, the on-demand price.",
              errorMessage: "must be US dollars per hour, such as 1.25",
            },
          ),
        ),
        fallback: Type.Optional(flag("Take an on-demand instance where no spot instance is to be had. Default true.")),
      },
      { additionalProperties: false },
    ),
  ],
  {
    default: false,
    description:
      "Spot instances: cheaper, and ended by AWS at two minutes' notice. true, or { max_price, fallback }; falls back to on-demand unless fallback is false.",
    errorMessage: "must be true, false, or { max_price: 1.25, fallback: false }",
  },
);

const oneHost = Type.Object(
  {
    instance_type: Type.Optional(
      Type.String({ pattern: INSTANCE_TYPE, errorMessage: 'must be an EC2 instance type such as "f2.6xlarge"' }),
    ),
    ami: Type.Optional(
      Type.String({
        pattern: AMI,
        errorMessage: AMI_EXPECTED,
      }),
    ),
    subnet_id: Type.Optional(
      Type.String({
        pattern: SUBNET_ID,
        errorMessage: 'must be the id of a subnet such as "subnet-0123456789abcdef0"',
      }),
    ),
    root_volume_gib: Type.Optional(wholeNumber(8, 16384)),
    spot: Type.Optional(spot),
    ssh_user: Type.Optional(sshUser),
    instance_id: Type.Optional(instanceId),
    host_ip: Type.Optional(hostIp),
  },
  {
    additionalProperties: false,
    errorMessage:
      "must be {} or override instance_type, ami, subnet_id, root_volume_gib, spot or ssh_user, or name an existing host by instance_id or host_ip",
  },
);

const fleet = Type.Object(
  {
    min: Type.Optional(wholeNumber(0, 1000)),
    max: wholeNumber(1, 1000),
    desired: Type.Optional(wholeNumber(0, 1000)),
    on_demand_base: Type.Optional(wholeNumber(0, 1000)),
    spot_percentage: Type.Optional(wholeNumber(0, 100, "percent")),
    spot_allocation: Type.Optional(
      Type.Union(
        [
          Type.Literal("price-capacity-optimized"),
          Type.Literal("capacity-optimized"),
          Type.Literal("capacity-optimized-prioritized"),
          Type.Literal("lowest-price"),
        ],
        {
          errorMessage:
            'must be "price-capacity-optimized", "capacity-optimized", "capacity-optimized-prioritized" or "lowest-price"',
        },
      ),
    ),
    instance_types: Type.Optional(
      Type.Array(
        Type.String({ pattern: INSTANCE_TYPE, errorMessage: 'must be an EC2 instance type such as "g6.xlarge"' }),
        {
          minItems: 1,
          uniqueItems: true,
          errorMessage: 'must be a list such as ["g6.xlarge", "g5.xlarge"]',
        },
      ),
    ),
    subnet_ids: Type.Optional(
      Type.Array(Type.String({ pattern: SUBNET_ID }), {
        minItems: 1,
        uniqueItems: true,
        errorMessage: "must be a list of different subnet ids",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "{ min, max, desired, on_demand_base, spot_percentage, spot_allocation, instance_types, subnet_ids }: a launch template with an Auto Scaling group in place of numbered hosts, see docs/tasks/fleets-and-spot.md.",
    errorMessage:
      "must have max, and may have min, desired, on_demand_base, spot_percentage, spot_allocation, instance_types and subnet_ids",
  },
);

const policyArn = Type.String({
  pattern: "^arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):policy/[\\w+=,.@/-]+$",
  errorMessage: 'must be the ARN of a policy such as "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"',
});

export const hostKeys = {
  ssh_user: sshUser,
  host_name_prefix: Type.String({
    description: "Put in front of the hosts' names in their Name tag, as PREFIX-HOST.",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$",
    errorMessage: "must be letters, digits, dots, dashes, underscores and @",
  }),
  hosts: Type.Record(Type.String({ pattern: hostName }), oneHost, {
    additionalProperties: false,
    description:
      "Hosts by name, each with what it has of its own, in place of count: { fpga-a: {}, gpu-b: { instance_type: g6.xlarge } }. See docs/tasks/choose-hosts.md.",
    errorMessage: "must be names of 1 to 32 lower-case letters, digits and dashes, each with a mapping",
  }),
  fleet,
  instance_id: instanceId,
  host_ip: hostIp,
  security_group: securityGroupId,
  use_private_ip: flag("Reach the hosts by their private addresses, from inside the VPC or over a VPN."),
  spot: defaulted(spot),
  stop_mode: Type.Union(
    [
      Type.Literal("term"),
      Type.Literal("stop"),
      Type.Literal("keep"),
      Type.Literal(0),
      Type.Literal(1),
      Type.Literal(2),
    ],
    {
      description:
        "What sallyport stop and autostop do with a host: term (terminate), stop (can be started again) or keep; 0, 1 and 2 mean the same. Without it, term; keep for existing hosts.",
      errorMessage: 'must be "term", "stop" or "keep" (or 0, 1 or 2)',
    },
  ),
  role: Type.String({
    description: "An existing IAM role of the hosts, in place of the kit's own. It must be able to read their secrets.",
    pattern: "^[\\w+=,.@-]{1,64}$",
    errorMessage: "must be the name of an IAM role",
  }),
  policy: Type.Union([policyArn, Type.Array(policyArn, { minItems: 1, maxItems: 10, uniqueItems: true })], {
    description: "ARNs of further IAM policies for the hosts.",
    errorMessage: "must be the ARN of a policy, or a list of up to 10 of them",
  }),
  init_script: Type.String({
    description: "Bash script that runs as root at the first boot, after the agent is up.",
    pattern: "^[^\\x00-\\x1f\\x7f]+$",
    errorMessage: "must be the path of a file",
  }),
  init_config: Type.Union([Type.Boolean(), Type.String({ pattern: "^[^\\x00-\\x1f\\x7f]+$" })], {
    description:
      "true: this configuration, or the path of an accelerator.conf or sallyport.yaml; put on the hosts without anything that looks like a secret.",
    errorMessage: "must be true, false or the path of a file",
  }),
  boot_timeout: defaulted(span("How long sallyport up waits for the agents of new hosts.", "420s")),
} as const;

export type HostOverride = Immutable<Static<typeof oneHost>>;
export type FleetConfig = Immutable<Static<typeof fleet>>;
export type SpotConfig = Immutable<Static<typeof spot>>;

export type StopMode = "term" | "stop" | "keep";

/** The meaning of each spelling of `stop_mode`. */
export const STOP_MODES = { term: "term", stop: "stop", keep: "keep", 0: "term", 1: "stop", 2: "keep" } as const;
