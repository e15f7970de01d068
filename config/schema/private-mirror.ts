/** The keys of the stack `private-mirror`. Their defaults are in the stack, not here. */
import { type Static, Type } from "@sinclair/typebox";
import { type Immutable, ipv4Block, SUBNET_ID, text, VPC_ID } from "./shapes.js";

const block = (description: string) => ipv4Block(description, "10.72.0.0/16");

/** Services that may have an interface endpoint in a private network, beside those of the mirror. */
const ENDPOINT_SERVICES = [
  "sts",
  "ssm",
  "ssmmessages",
  "ec2messages",
  "ec2",
  "logs",
  "sagemaker.api",
  "sagemaker.runtime",
] as const;

const privateMirror = Type.Object(
  {
    vpc_id: Type.Optional(
      text(
        "Existing VPC, together with subnet_ids, in place of one of its own.",
        VPC_ID,
        'the id of a VPC such as "vpc-0123456789abcdef0"',
      ),
    ),
    subnet_ids: Type.Optional(
      Type.Array(text("Subnet.", SUBNET_ID, 'the id of a subnet such as "subnet-0123456789abcdef0"'), {
        minItems: 1,
        uniqueItems: true,
        description: "Subnets of the existing VPC, one per zone.",
        errorMessage: "must be a list of different ids such as [subnet-0123456789abcdef0]",
      }),
    ),
    route_table_ids: Type.Optional(
      Type.Array(
        text("Route table.", "^rtb-[0-9a-f]{8,17}$", 'the id of a route table such as "rtb-0123456789abcdef0"'),
        {
          minItems: 1,
          uniqueItems: true,
          description: "Route tables of those subnets; needed where S3 is.",
          errorMessage: "must be a list of different ids such as [rtb-0123456789abcdef0]",
        },
      ),
    ),
    cidr: Type.Optional(block("Block of the VPC. Without it, 10.72.0.0/16.")),
    private_cidrs: Type.Optional(
      Type.Array(block("Subnet."), {
        minItems: 1,
        maxItems: 6,
        description: "Subnets, one per zone. Without it, two: the first parts of the VPC's block.",
        errorMessage: 'must be a list of blocks such as ["10.72.0.0/24", "10.72.1.0/24"]',
      }),
    ),
    zones: Type.Optional(
      Type.Array(text("Zone.", "^[a-z0-9-]+-[0-9]+[a-z]$", 'the name of a zone such as "eu-west-1a"'), {
        minItems: 1,
        maxItems: 6,
        uniqueItems: true,
        description: "Zones of the subnets, in order. Without it, the region's first ones.",
        errorMessage: 'must be a list of different zones such as ["eu-west-1a", "eu-west-1b"]',
      }),
    ),
    endpoints: Type.Optional(
      Type.Array(
        Type.Union(
          ENDPOINT_SERVICES.map((name) => Type.Literal(name)),
          { errorMessage: `must be one of: ${ENDPOINT_SERVICES.join(", ")}` },
        ),
        {
          uniqueItems: true,
          description: "Further interface endpoints, beside those that are needed anyway.",
          errorMessage: 'must be a list of different services such as ["sts", "logs"]',
        },
      ),
    ),
    domain: Type.Optional(Type.String({ description: "Domain of CodeArtifact. Without it, the deployment's name." })),
    repository: Type.Optional(Type.String({ description: "The team's repository. Without it, packages." })),
    upstreams: Type.Optional(
      Type.Array(Type.String({ minLength: 1, errorMessage: 'must be a name such as "public:pypi"' }), {
        description:
          'In order: public repositories ("public:pypi", "public:npmjs") and repositories that the domain has. Without it, public:pypi.',
        errorMessage: 'must be a list such as ["public:pypi", "public:npmjs"]',
      }),
    ),
    readers: Type.Optional(
      Type.Array(
        text(
          "Role.",
          "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}$",
          'the ARN of a role such as "arn:aws:iam::123456789012:role/notebooks"',
        ),
        {
          uniqueItems: true,
          description: "Roles that may install packages, by the endpoints and from the repository.",
          errorMessage: 'must be a list of different ARNs such as ["arn:aws:iam::123456789012:role/notebooks"]',
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "What the stack private-mirror makes: see docs/tasks/packages-without-internet.md.",
    errorMessage: 'must be a mapping such as { upstreams: ["public:pypi"], readers: [...] }, or {}',
  },
);

export const privateMirrorKeys = {
  network: Type.Literal("private-mirror", {
    description:
      "Where hosts and a lab's gateway live: in the network of the stack private-mirror, which has no way to the Internet. See docs/tasks/packages-without-internet.md.",
    errorMessage: 'must be "private-mirror"',
  }),
  private_mirror: privateMirror,
} as const;

export type EndpointService = (typeof ENDPOINT_SERVICES)[number];
export type PrivateMirrorConfig = Immutable<Static<typeof privateMirror>>;
