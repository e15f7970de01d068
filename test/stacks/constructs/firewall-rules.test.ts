import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { Testing } from "cdktf";
import { describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import type { FirewallOptions } from "../../../firewall/options/schema.js";
import { buildTable, Cidr, FirewallRules, type FirewallRulesProps } from "../../../index.js";
import { buildApp } from "../../../stacks/app.js";
import { only, resources, type SampleChanges, type Synthesized, sampleInputs, synth } from "../support/sample.js";

const VPC = `\${data.aws_vpc.DefaultVpc.cidr_block}`;

const stack = (options: FirewallOptions, changes: SampleChanges = {}): Synthesized =>
  synth({ callers: [], firewall: options, ...changes });

/** Every way in that the stack makes: group, protocol, ports and source, in the order of the construct ids. */
function ways(found: Synthesized): string[] {
  return resources(found, "aws_vpc_security_group_ingress_rule").map((rule) => {
    const { security_group_id, ip_protocol, from_port, to_port, description: _, ...source } = rule;
    const group = /CallerAccess_(\w+?)_[0-9A-F]{8}/.exec(String(security_group_id))?.[1];
    expect(from_port).toBe(to_port);
    expect(Object.keys(source)).toHaveLength(1);
    return `${group} ${ip_protocol} ${from_port} ${Object.entries(source)[0]?.join(" ")}`;
  });
}

const F = { ports: [100, 9012, 465], cidr: "10.1.0.2/16" };
const [T, N] = [true, false];
const rows = (source: string, ...ports: number[]) => ports.map((port) => `Group tcp ${port} cidr_ipv4 ${source}`);
const inside = (...ports: number[]) => ports.map((port) => `InternalGroup tcp ${port} cidr_ipv4 ${VPC}`);
const [WORLD, BLOCK] = ["0.0.0.0/0", "10.1.0.0/16"];

describe("the sixteen combinations of the four options, as Terraform gets them", () => {
  test.each<[row: number, ssh: boolean, http: boolean, disable: boolean, firewall: boolean, ways: string[]]>([
    [1, T, T, N, N, rows(WORLD, 8787, 8786, 22)],
    [2, N, T, N, N, [...rows(WORLD, 8787, 8786), ...inside(22)]],
    [3, T, N, N, N, [...rows(WORLD, 22), ...inside(8787, 8786)]],
    [4, N, N, N, N, inside(8787, 8786, 22)],
    [5, T, T, T, N, rows(VPC, 8787, 8786, 22)],
    [6, N, T, T, N, rows(VPC, 8787, 8786, 22)],
    [7, T, N, T, N, rows(VPC, 8787, 8786, 22)],
    [8, N, N, T, N, rows(VPC, 8787, 8786, 22)],
    [9, T, T, N, T, rows(BLOCK, 8787, 8786, 22, 100, 9012, 465)],
    [10, N, T, N, T, [...rows(BLOCK, 8787, 8786, 100, 9012, 465), ...inside(22)]],
    [11, T, N, N, T, [...rows(BLOCK, 22, 100, 9012, 465), ...inside(8787, 8786)]],
    [12, N, N, N, T, [...rows(BLOCK, 100, 9012, 465), ...inside(8787, 8786, 22)]],
    [13, T, T, T, T, rows(VPC, 8787, 8786, 22, 100, 9012, 465)],
    [14, N, T, T, T, rows(VPC, 8787, 8786, 22, 100, 9012, 465)],
    [15, T, N, T, T, rows(VPC, 8787, 8786, 22, 100, 9012, 465)],
    [16, N, N, T, T, rows(VPC, 8787, 8786, 22, 100, 9012, 465)],
  ])("row %i: ssh %s, http %s, disable %s, firewall %s", (_row, ssh, http, disable, firewall, expected) => {
    const found = stack(
      defined({
        profile: "dask",
        enable_public_ssh: ssh,
        enable_public_http: http,
        disable_public_ingress: disable,
        firewall: firewall ? F : undefined,
      }),
    );
    expect(ways(found).sort()).toEqual([...expected].sort());
    // No way in but these: no inline rules, and no rule of an older kind.
    const groups = resources(found, "aws_security_group");
    expect(groups).toHaveLength(expected.some((way) => way.startsWith("Internal")) ? 2 : 1);
    for (const group of groups) expect(group).not.toHaveProperty("ingress");
    expect(found.resource).not.toHaveProperty("aws_security_group_rule");
    expect(only(found, "aws_instance").vpc_security_group_ids).toHaveLength(groups.length);
  });
});

describe("a source within the VPC", () => {
  const options: FirewallOptions = { disable_public_ingress: true, allow_ports: [22] };
  const source = (changes: SampleChanges) =>
    only(stack(options, changes), "aws_vpc_security_group_ingress_rule").cidr_ipv4;

  test("is a reference to the VPC that the hosts are in, whichever that is", () => {
    const subnetId = "subnet-0123456789abcdef0";
    expect(source({})).toBe(VPC);
    expect(source({ subnetId })).toBe(`\${data.aws_vpc.Vpc.cidr_block}`);
    expect(source({ subnetId, vpcId: "vpc-0123456789abcdef0" })).toBe(`\${data.aws_vpc.Vpc.cidr_block}`);
    expect(stack(options, { subnetId }).data?.aws_vpc?.Vpc?.id).toBe(`\${data.aws_subnet.Subnet.vpc_id}`);
  });

  test("is looked up only for a rule that needs it", () => {
    const found = synth({ subnetId: "subnet-0123456789abcdef0" });
    expect(found.data).not.toHaveProperty("aws_vpc");
  });

  test("names the hosts by their private address when nobody else gets in", () => {
    expect(JSON.stringify(stack(options).output.agent_urls)).toContain(".private_ip");
    expect(JSON.stringify(stack(options).output.agent_urls)).not.toContain(".public_ip");
  });
});

const rules = (props: Omit<FirewallRulesProps, "vpcId">) =>
  JSON.parse(
    Testing.synthScope((scope) => void new FirewallRules(scope, "A", { vpcId: "vpc-1", ...props })),
  ) as Synthesized;
const sources = (found: Synthesized) =>
  Object.fromEntries(
    Object.entries(found.resource.aws_vpc_security_group_ingress_rule ?? {}).map(([id, { "//": _, ...rule }]) => [
      id.replace(/_[0-9A-F]{8}$/, ""),
      [rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_security_group_id].filter(Boolean).join(),
    ]),
  );

describe("FirewallRules", () => {
  test("makes one rule per row, of any source, with an id made of its content", () => {
    const found = rules({
      ingress: [
        { ports: [443], cidr: "198.51.100.0/24" },
        { ports: [443], cidr: "2001:db8::/32" },
        { ports: [5432], prefixList: "pl-0123456789abcdef0", maxEntries: 20 },
        { ports: [9100], securityGroup: "sg-0123456789abcdef0" },
      ],
    });
    expect(sources(found)).toEqual({
      "A_in-tcp-443-198511000_24": "198.51.100.0/24",
      "A_in-tcp-443-2001db8_32": "2001:db8::/32",
      "A_in-tcp-5432-pl-0123456789abcdef0": "pl-0123456789abcdef0",
      "A_in-tcp-9100-sg-0123456789abcdef0": "sg-0123456789abcdef0",
    });
  });

  test("takes a group of the same app as a source", () => {
    const found = JSON.parse(
      Testing.synthScope((scope) => {
        const { id } = new SecurityGroup(scope, "Other", { namePrefix: "other-" });
        new FirewallRules(scope, "A", { vpcId: "vpc-1", ingress: [{ ports: [9100], securityGroup: id }] });
      }),
    ) as Synthesized;
    expect(Object.values(sources(found))).toEqual([`\${aws_security_group.Other.id}`]);
  });

  test("says in each rule that it is Terraform's, and which option opened it", () => {
    const found = rules({ callers: ["203.0.113.7"], enablePublicHttp: true, deployment: "lab" });
    const said = resources(found, "aws_vpc_security_group_ingress_rule").map(
      ({ from_port, description }) => `${from_port} ${description}`,
    );
    expect(said.sort()).toEqual([
      "22 sallyport:lab managed-by=terraform caller",
      "443 sallyport:lab managed-by=terraform caller",
      "443 sallyport:lab managed-by=terraform enable_public_http",
      "80 sallyport:lab managed-by=terraform caller",
      "80 sallyport:lab managed-by=terraform enable_public_http",
    ]);
  });

  test("takes a table that somebody else has built", () => {
    const table = buildTable({ allow_ports: [22] }, { callers: [Cidr.host("203.0.113.7")] });
    expect(Object.values(sources(rules({ table })))).toEqual(["203.0.113.7/32"]);
  });

  test("has a second group exactly where the table has rows for it", () => {
    const ids = (props: Omit<FirewallRulesProps, "vpcId">) =>
      Object.keys(rules({ profile: "dask", vpcCidr: "10.0.0.0/16", ...props }).resource.aws_security_group ?? {});
    expect(ids({})).toHaveLength(1);
    expect(ids({ enablePublicSsh: false })).toHaveLength(2);
    expect(ids({ enablePublicSsh: false, disablePublicIngress: true })).toHaveLength(1);
  });

  test.each<[why: string, props: Record<string, unknown>, message: string]>([
    ["a misspelt option (C-08)", { enabledPublicSsh: false }, 'unknown option "enabled_public_ssh"'],
    ["a port that is none", { callers: ["203.0.113.7"], allowPorts: [0] }, "allow_ports[0] is 0"],
    ["two lists (T4)", { ingress: [], firewall: F }, "ingress and firewall are both given"],
    ["no caller", {}, "caller names no address"],
    ["the VPC without its range", { disablePublicIngress: true }, "a rule lets the VPC in, and vpcCidr is not given"],
    [
      "a caller that only Terraform will know",
      { callers: [`\${aws_eip.nat.public_ip}/32`] },
      "callers is a token whose value is not known before apply",
    ],
  ])("refuses %s", (_why, props, message) => {
    expect(() => rules(props)).toThrow(message);
  });

  test("refuses more rules than a group holds, before anything is applied, and names the ways out", () => {
    const callers = Array.from({ length: 21 }, (_, index) => `203.0.113.${index * 3}`);
    expect(() => rules({ callers })).toThrow("A/Group would have 63 IPv4 ingress rules, and AWS allows 60");
    expect(() => rules({ callers, quota: 63 })).not.toThrow();
  });
});

describe("the guard is always on", () => {
  const app = (changes: SampleChanges) => buildApp(sampleInputs(changes), { outdir: Testing.app().outdir });
  const opensWorld = (changes: SampleChanges) => {
    const built = app(changes);
    const [hosts] = built.node.children;
    if (hosts === undefined) throw new Error("no stack");
    new SecurityGroup(hosts, "Other", {
      ingress: [{ protocol: "tcp", fromPort: 8443, toPort: 8443, cidrBlocks: [WORLD] }],
    });
    return built;
  };

  test("and lets pass what an option opens to everybody", () => {
    expect(() => app({ firewall: { enable_public_http: true } }).synth()).not.toThrow();
  });

  test("and nothing else, even where an option opens another port", () => {
    const options: FirewallOptions = { enable_public_http: true };
    expect(() => opensWorld({ firewall: options }).synth()).toThrow(/8443/);
  });
});
