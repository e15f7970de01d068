import { EXIT, Fault, quote } from "../../base/fault.js";

const usage = (code: string, message: string, hint: string): Fault =>
  new Fault(`stacks/${code}`, message, { hint, exit: EXIT.usage });

export const badBlock = (place: string, block: string, reason: string): Fault =>
  usage(
    "bad-private-block",
    `${place}: ${quote(block)} cannot be a block of the private network: ${reason}`,
    'choose others, such as cidr: "10.72.0.0/16", private_cidrs: ["10.72.0.0/24", "10.72.1.0/24"]',
  );

export const subnetsNeeded = (place: string): Fault =>
  usage(
    "private-subnets-needed",
    `${place}: an existing VPC and its subnets are given together: vpc_id and subnet_ids`,
    "say both, or neither for a network of its own",
  );

export const ownBlocksOnly = (place: string): Fault =>
  usage(
    "own-blocks-only",
    `${place}: an existing VPC has its blocks, subnets and zones already`,
    "leave out cidr, private_cidrs and zones, or vpc_id and subnet_ids",
  );

export const fewZones = (place: string, zones: number, subnets: number): Fault =>
  usage(
    "few-zones",
    `${place}: there are ${zones} zones for ${subnets} subnets`,
    "name one zone for each subnet, in the same order",
  );

export const routeTablesNeeded = (place: string): Fault =>
  usage(
    "route-tables-needed",
    `${place}: the way to S3 goes by route tables, and route_table_ids names none`,
    "name those of the subnets: aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET",
  );

export const badDomain = (place: string, name: string): Fault =>
  usage(
    "bad-domain",
    `${place}: ${quote(name)} cannot be the name of a domain`,
    "write 2 to 50 lower-case letters, digits and hyphens, with a letter first and no hyphen last; a name, not an ARN",
  );

export const badRepository = (place: string, name: string): Fault =>
  usage(
    "bad-repository",
    `${place}: ${quote(name)} cannot be the name of a repository`,
    "write 2 to 100 letters, digits, dots, underscores and hyphens, with a letter or a digit first; a name, not an ARN",
  );

export const unknownConnection = (place: string, name: string, all: readonly string[]): Fault =>
  usage(
    "unknown-connection",
    `${place}: CodeArtifact connects to no ${quote(name)}`,
    `write one of: ${all.join(", ")}`,
  );

export const tooManyUpstreams = (place: string, count: number, most: number): Fault =>
  usage(
    "too-many-upstreams",
    `${place}: a repository has at most ${most} direct upstreams, and these are ${count}`,
    "let one of them have the others as its own upstreams",
  );

export const upstreamTwice = (place: string, name: string): Fault =>
  usage("upstream-twice", `${place}: the upstream ${quote(name)} is named twice`, "keep the first: it is asked first");

export const repositoryTwice = (place: string, name: string): Fault =>
  usage(
    "repository-twice",
    `${place}: ${quote(name)} would be both the team's repository and one of its upstreams`,
    "give the team's repository another name",
  );

export const noReaders = (place: string): Fault =>
  usage(
    "no-readers",
    `${place}: nobody may install packages: there are no readers, and no hosts in this network`,
    'name roles, such as readers: ["arn:aws:iam::123456789012:role/notebooks"], or write network: private-mirror',
  );

export const foreignRole = (place: string, arn: string, partition: string): Fault =>
  usage(
    "foreign-role",
    `${place}: ${quote(arn)} is of another partition than ${quote(partition)}`,
    "name roles of the account and partition that the region belongs to",
  );

export const endpointsMissing = (what: readonly string[]): Fault =>
  new Fault(
    "stacks/endpoints-missing",
    `the private network has no way to ${what.join(", ")}, which its machines need`,
    {
      hint: 'run "sallyport up private-mirror" again: with network: private-mirror in sallyport.yaml it makes them',
      exit: EXIT.conflict,
    },
  );
