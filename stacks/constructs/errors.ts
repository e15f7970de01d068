import { EXIT, Fault, quote } from "../../base/fault.js";

export const unknownAmi = (ami: string): Fault =>
  new Fault("stacks/unknown-ami", `ami ${quote(ami)} is neither a family nor an image id`, {
    hint: 'write "ubuntu-24.04", "al2023", "deep-learning", "neuron" or an id such as "ami-0123456789abcdef0"',
    exit: EXIT.usage,
  });

export const noCallers = (): Fault =>
  new Fault("stacks/no-callers", "callers is empty: nobody could reach the host", {
    hint: 'write callers: ["203.0.113.7/32"]',
    exit: EXIT.usage,
  });

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
