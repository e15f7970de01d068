/** The key of the stack `lab-gateway`. Its defaults are in the stack, not here. */
import { type Static, Type } from "@sinclair/typebox";
import { type Immutable, INSTANCE_TYPE, ipv4Block, port, text, VPC_ID } from "./shapes.js";

const block = (description: string) => ipv4Block(description, "10.71.0.0/16");

const log = Type.Object(
  {
    target: text(
      "Where records of connections are sent.",
      "^(?:syslog\\+tls|https)://[^\\s@]+$",
      'a target such as "syslog+tls://logs.example.com:6514", without a password in it',
    ),
  },
  {
    additionalProperties: false,
    errorMessage: 'must have a target, such as { target: "https://logs.example.com/lab" }',
  },
);

const labGateway = Type.Object(
  {
    vpc_id: Type.Optional(
      text(
        "Existing VPC with an Internet gateway, in place of one of its own.",
        VPC_ID,
        'the id of a VPC such as "vpc-0123456789abcdef0"',
      ),
    ),
    cidr: Type.Optional(block("Block of the VPC. Without it, 10.71.0.0/16.")),
    public_cidr: Type.Optional(block("Subnet of the gateway. Without it, the first part of the VPC's block.")),
    private_cidrs: Type.Optional(
      Type.Array(block("Subnet of the lab."), {
        minItems: 1,
        maxItems: 16,
        description: "Subnets of the lab. Without it, one: the second part of the VPC's block.",
        errorMessage: 'must be a list of blocks such as ["10.71.1.0/24"]',
      }),
    ),
    instance_type: Type.Optional(
      text("Without it, t3.small.", INSTANCE_TYPE, 'an EC2 instance type such as "t3.small"'),
    ),
    ami: Type.Optional(
      text(
        "Ubuntu for x86-64. Without it, the newest Ubuntu 24.04.",
        "^(?:ubuntu-24\\.04|ami-[0-9a-f]{8,17})$",
        '"ubuntu-24.04" or the id of an image of it',
      ),
    ),
    ports: Type.Optional(
      Type.Object(
        { min: port, max: port },
        {
          additionalProperties: false,
          description: "Ports that forwards are given. Without it, 50000 to 50100.",
          errorMessage: "must have a min and a max, such as { min: 50000, max: 50100 }",
        },
      ),
    ),
    issuer: Type.Optional(
      text("Issuer of the tokens. Without it, the deployment's name.", "^[A-Za-z0-9:/._-]{1,200}$", "a name or a URL"),
    ),
    log: Type.Optional(log),
  },
  {
    additionalProperties: false,
    description: "What the stack lab-gateway makes: see docs/tasks/lab-behind-a-gateway.md.",
    errorMessage: 'must be a mapping such as { cidr: "10.71.0.0/16" }, or {}',
  },
);

export const labGatewayKeys = { lab_gateway: labGateway } as const;

export type LabGatewayConfig = Immutable<Static<typeof labGateway>>;
