import type { InstanceFacts } from "../../../local/emulator/instance.js";

/** An instance as the emulator would record it. */
export const someInstance = (part: Partial<InstanceFacts> = {}): InstanceFacts => ({
  instanceId: "i-0123456789abcdef0",
  imageId: "ami-0123456789abcdef0",
  instanceType: "f2.6xlarge",
  architecture: "x86_64",
  accountId: "123456789012",
  region: "us-east-1",
  availabilityZone: "us-east-1a",
  launchTime: "2026-01-02T03:04:05Z",
  privateIp: "10.247.16.122",
  publicIp: "54.214.148.144",
  hostname: "ip-10-247-16-122.ec2.internal",
  publicHostname: "ec2-54-214-148-144.compute-1.amazonaws.com",
  mac: "02:00:00:39:de:98",
  interfaceId: "eni-1",
  subnetId: "subnet-1",
  vpcId: "vpc-1",
  securityGroups: [{ id: "sg-1", name: "accelerators" }],
  furtherInterfaces: [],
  key: { name: "sallyport", openssh: "ssh-ed25519 AAAAC3Nza sallyport" },
  userData: Buffer.from("#!/bin/sh\nid\n"),
  profileArn: "arn:aws:iam::123456789012:instance-profile/hosts",
  tokensRequired: true,
  defaultUser: "ec2-user",
  ...part,
});
