import { EXIT, Fault, quote } from "../../base/fault.js";

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
      hint: "name an image that has them, such as ami: ami-0123456789abcdef0; docs/tasks/lab-behind-a-gateway.md lists the packages",
      exit: EXIT.usage,
    },
  );

export const labNeedsTls = (place: string): Fault =>
  new Fault("stacks/lab-needs-tls", `${place}: ssl_cert_crt is false, but a gateway speaks HTTPS only`, {
    hint: "leave ssl_cert_crt out, and a certificate is made",
    exit: EXIT.usage,
  });
