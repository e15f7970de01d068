import { EXIT, Fault, quote } from "../../base/fault.js";
import type { SpotRefusal } from "./spot-fallback.js";

export const vpcWithoutSubnet = (vpc: string): Fault =>
  new Fault("stacks/vpc-without-subnet", `vpc_id ${quote(vpc)} needs a subnet_id`, {
    hint: "AWS picks a subnet by itself in a default VPC only; write subnet_id: as well",
    exit: EXIT.usage,
  });

export const fleetUnknown = (group: string, cause: unknown): Fault =>
  new Fault(
    "stacks/fleet-unknown",
    `EC2 does not tell the machines of ${quote(group)}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    { hint: 'check credentials and region ("sallyport doctor"); ec2:DescribeInstances must be allowed', cause },
  );

export const badSpotFallbackState = (file: string, cause?: unknown): Fault =>
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

export const noSuchHost = (name: string, names: readonly string[]): Fault =>
  new Fault("stacks/no-such-host", `there is no host ${quote(name)}`, {
    hint: `deployed are: ${names.join(", ")}`,
    exit: EXIT.notFound,
  });
