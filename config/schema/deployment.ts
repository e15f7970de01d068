/** The keys for a deployment's name, place, machines and callers. */
import { Type } from "@sinclair/typebox";
import { AMI, AMI_EXPECTED, defaulted, INSTANCE_TYPE, port, SUBNET_ID, VPC_ID } from "./shapes.js";

const callerText = Type.String({ minLength: 1, errorMessage: 'must be an address or a CIDR such as "203.0.113.7/32"' });

export const deploymentKeys = {
  name: defaulted(
    Type.String({
      default: "sallyport",
      description: "Name of the deployment; what is created carries it.",
      pattern: "^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$",
      errorMessage: "must be 1 to 32 lower-case letters, digits and dashes, and begin with a letter",
    }),
  ),
  region: defaulted(
    Type.String({
      default: "us-east-1",
      description:
        "AWS region. AWS_REGION, then AWS_DEFAULT_REGION, then the region of the AWS profile stand in where no layer gives one.",
      pattern: "^[a-z]{2}(?:-[a-z]+)+-[0-9]+$",
      errorMessage: 'must be the name of a region such as "eu-west-1"',
    }),
  ),
  instance_type: defaulted(
    Type.String({
      default: "f2.6xlarge",
      description:
        "EC2 instance type; it decides what an hour costs. Another type replaces nothing but stops and starts the host.",
      pattern: INSTANCE_TYPE,
      errorMessage: 'must be an EC2 instance type such as "f2.6xlarge"',
    }),
  ),
  ami: defaulted(
    Type.String({
      default: "ubuntu-24.04",
      description:
        "Machine image: ubuntu-24.04, al2023, deep-learning or neuron, of which the newest is taken, or the id of one image. Another image replaces the host.",
      pattern: AMI,
      errorMessage: AMI_EXPECTED,
    }),
  ),
  count: defaulted(
    Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 100,
      description: "Number of hosts: accelerator-1 to accelerator-N, 100 at most.",
      errorMessage: "must be a whole number from 1 to 100",
    }),
  ),
  vpc_id: Type.String({
    description: "Existing VPC, together with subnet_id; without it, the region's default VPC.",
    pattern: VPC_ID,
    errorMessage: 'must be the id of a VPC such as "vpc-0123456789abcdef0"',
  }),
  subnet_id: Type.String({
    description: "Existing subnet; without it, one of the default VPC's. Enough without vpc_id.",
    pattern: SUBNET_ID,
    errorMessage: 'must be the id of a subnet such as "subnet-0123456789abcdef0"',
  }),
  root_volume_gib: Type.Integer({
    minimum: 8,
    maximum: 16384,
    description:
      "Size of the encrypted root volume, in GiB; it is deleted with the host. Without it, 50; the image's own size for deep-learning and neuron, which need more.",
    errorMessage: "must be a whole number from 8 to 16384",
  }),
  allow_ports: defaulted(
    Type.Array(port, {
      default: [22, 80, 443],
      minItems: 1,
      uniqueItems: true,
      description:
        "TCP ports that only the caller may reach; other keys may open more. Without 443 the hosts' files and API are out of reach.",
      errorMessage: "must be a list of different ports such as [22, 80, 443]",
    }),
  ),
  caller: defaulted(
    Type.Union([callerText, Type.Array(callerText, { minItems: 1 })], {
      default: "auto",
      description:
        'Who may reach the hosts: "auto", the public address of the machine that deploys, found at each deploy; or an address, a CIDR, or a list of them.',
      errorMessage: 'must be "auto", an address such as "203.0.113.7", or a list of addresses and CIDRs',
    }),
  ),
} as const;
