/** What exists and is not in the state, and under which id Terraform imports it. */
import { describe, expect, test } from "vitest";
import { completeImports } from "../../../stacks/untracked/complete-imports.js";
import { type Existing, importIds } from "../../../stacks/untracked/import-ids.js";

const reference = (to: string) => `\${${to}}`;
const GROUP = reference("aws_security_group.Group.id");
const ROLE = reference("aws_iam_role.Role.name");
const STACK = {
  resource: {
    aws_key_pair: { Key: { key_name: "lab-1" } },
    aws_iam_role: { Role: { name: "lab-1-role" } },
    aws_iam_role_policy: { Policy: { name: "lab-1-policy", role: ROLE } },
    aws_iam_role_policy_attachment: { More: { policy_arn: "arn:aws:iam::aws:policy/X", role: ROLE } },
    aws_ssm_parameter: { Token: { name: "/sallyport/lab-1/token" } },
    aws_s3_bucket: { Bucket: { bucket: "lab-1-abc" } },
    aws_s3_bucket_versioning: { Versioning: { bucket: reference("aws_s3_bucket.Bucket.id") } },
    aws_security_group: { Group: { description: "sallyport:lab-1 ingress" } },
    aws_instance: {
      Host: { tags: { "sallyport:host": "accelerator-1" } },
      Two: { tags: { "sallyport:host": "accelerator-2" } },
    },
    aws_vpc_security_group_ingress_rule: {
      Ssh: { security_group_id: GROUP, ip_protocol: "tcp", from_port: 22, to_port: 22, cidr_ipv4: "203.0.113.7/32" },
      Web: { security_group_id: GROUP, ip_protocol: "tcp", from_port: 443, to_port: 443, cidr_ipv4: "203.0.113.7/32" },
    },
    aws_vpc_security_group_egress_rule: {
      Out: { security_group_id: GROUP, ip_protocol: "-1", cidr_ipv4: "0.0.0.0/0" },
    },
  },
};
const rule = { groupId: "sg-1", isEgress: false, protocol: "tcp", from: 22, to: 22, peer: "203.0.113.7/32" };
const EXISTING: Existing = {
  machines: new Map([["accelerator-1", "i-1"]]),
  groups: new Map([["sallyport:lab-1 ingress", "sg-1"]]),
  rules: [
    { ...rule, id: "sgr-other-group", groupId: "sg-9" },
    { ...rule, id: "sgr-other-peer", peer: "198.51.100.1/32" },
    { ...rule, id: "sgr-22" },
    { ...rule, id: "sgr-out", isEgress: true, protocol: "-1", from: -1, to: -1, peer: "0.0.0.0/0" },
  ],
};
const ids = (state: Parameters<typeof importIds>[1], existing = EXISTING) =>
  Object.fromEntries(importIds(STACK, state, existing).map(({ address, id }) => [address, id]));

describe("S-07: imported is", () => {
  test("what has a name, and what EC2 has of the rest", () => {
    expect(ids({})).toEqual({
      "aws_key_pair.Key": "lab-1",
      "aws_iam_role.Role": "lab-1-role",
      "aws_iam_role_policy.Policy": "lab-1-role:lab-1-policy",
      "aws_iam_role_policy_attachment.More": "lab-1-role/arn:aws:iam::aws:policy/X",
      "aws_ssm_parameter.Token": "/sallyport/lab-1/token",
      "aws_s3_bucket.Bucket": "lab-1-abc",
      "aws_security_group.Group": "sg-1",
      "aws_instance.Host": "i-1",
      "aws_vpc_security_group_ingress_rule.Ssh": "sgr-22",
      "aws_vpc_security_group_egress_rule.Out": "sgr-out",
    });
  });

  test("nothing that the state has; rules of a group there are found by its id", () => {
    const state = (type: string, name: string, id: string) => ({
      mode: "managed",
      type,
      name,
      instances: [{ attributes: { id } }],
    });
    const resources = [state("aws_security_group", "Group", "sg-1"), state("aws_instance", "Host", "i-0")];
    const found = ids({ resources }, { ...EXISTING, groups: new Map() });
    expect(found).toMatchObject({ "aws_vpc_security_group_ingress_rule.Ssh": "sgr-22" });
    expect(found).not.toHaveProperty(["aws_security_group.Group"]);
    expect(found).not.toHaveProperty(["aws_instance.Host"]);
  });
});

test("S-07: the boot script and force_destroy are completed, of what was imported alone", () => {
  const named = { tags: { Name: "a" }, root_block_device: [{ volume_id: "vol-1", tags: { Name: "a" } }] };
  const instance = (name: string, id: string) => ({
    mode: "managed",
    type: "aws_instance",
    name,
    instances: [{ schema_version: 1, attributes: { id, user_data: "0f1e", ...named } }],
  });
  const bucket = { mode: "managed", type: "aws_s3_bucket", name: "Bucket", instances: [{ attributes: { id: "b" } }] };
  const pair = { mode: "managed", type: "aws_key_pair", name: "Key", instances: [{ attributes: { id: "lab-1" } }] };
  const state = {
    serial: 4,
    lineage: "x",
    resources: [instance("Host", "i-1"), instance("Other", "i-2"), bucket, pair],
  };
  const addresses = new Set(["aws_instance.Host", "aws_s3_bucket.Bucket", "aws_key_pair.Key"]);
  const script = { user_data: null, user_data_base64: "IyEv", user_data_replace_on_change: true };
  const disk = {
    volume_tags: { Name: "a" },
    root_block_device: [{ volume_id: "vol-1", tags: null, tags_all: {} }],
  };
  expect(
    completeImports(state, { addresses, scripts: new Map([["i-1", "IyEv"]]), publicKey: "ssh-ed25519 AAAA" }),
  ).toEqual({
    serial: 5,
    lineage: "x",
    resources: [
      {
        ...instance("Host", "i-1"),
        instances: [{ schema_version: 1, attributes: { id: "i-1", ...named, ...script, ...disk } }],
      },
      instance("Other", "i-2"),
      { ...bucket, instances: [{ attributes: { id: "b", force_destroy: true } }] },
      { ...pair, instances: [{ attributes: { id: "lab-1", public_key: "ssh-ed25519 AAAA" } }] },
    ],
  });
});
