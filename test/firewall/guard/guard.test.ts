import { describe, expect, it } from "vitest";
import { type Allowed, allowedBy, openToWorld } from "../../../firewall/guard/guard.js";
import { buildTable } from "../../../firewall/options/table.js";
import { Cidr } from "../../../net/cidr.js";

type Json = Record<string, unknown>;

function judge(json: Json, allow: readonly Allowed[] = []) {
  const { findings, unresolved } = openToWorld([{ name: "lab", json }], { allow });
  return {
    findings: findings.map(({ text }) => text.replace(", and no option asked for it", "")),
    unresolved: unresolved.map(({ text }) => text),
  };
}

const group = (ingress: unknown, more: Json = {}): Json => ({
  resource: { aws_security_group: { web: { ingress, ...more } } },
});
const tcp = (port: unknown, ...blocks: unknown[]): Json => ({
  protocol: "tcp",
  from_port: port,
  to_port: port,
  cidr_blocks: blocks,
});
const world = "0.0.0.0/0";
const ref = (expression: string): string => `\${${expression}}`;

describe("openToWorld reads", () => {
  it.each<[what: string, json: Json, found: string[]]>([
    [
      "one block that is not in a list",
      group(tcp(22, world)),
      ["aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0)"],
    ],
    [
      "a list that an override made an object",
      group({ "0": tcp(22, world), "1": tcp(80, world) }),
      [
        "aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0)",
        "aws_security_group.web opens tcp 80 to the whole Internet (0.0.0.0/0)",
      ],
    ],
    [
      "ports in quotes",
      group(tcp("22", world)),
      ["aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0)"],
    ],
    [
      "neighbouring ports as one range",
      group([tcp(80, world), tcp(81, world), tcp(83, world)]),
      [
        "aws_security_group.web opens tcp 80-81 to the whole Internet (0.0.0.0/0)",
        "aws_security_group.web opens tcp 83 to the whole Internet (0.0.0.0/0)",
      ],
    ],
    [
      "both families apart",
      group([{ ...tcp(22, world), ipv6_cidr_blocks: ["::/0"] }]),
      [
        "aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0)",
        "aws_security_group.web opens tcp 22 to the whole Internet (::/0)",
      ],
    ],
    [
      "another protocol by its number",
      group({ ...tcp(0, world), protocol: "50" }),
      ["aws_security_group.web opens protocol 50 to the whole Internet (0.0.0.0/0)"],
    ],
    [
      "every protocol once, though tcp is open as well",
      group([{ ...tcp(0, world), protocol: "-1" }, tcp(22, "203.0.113.7/32")]),
      ["aws_security_group.web opens every port to the whole Internet (0.0.0.0/0)"],
    ],
    [
      "everybody but one network",
      group(tcp(22, "0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3")),
      ["aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/3)"],
    ],
    [
      "four blocks and more in short",
      group(tcp(22, ...Array.from({ length: 60 }, (_, index) => `${index * 4}.0.0.0/7`))),
      [
        "aws_security_group.web opens tcp 22 to 50 % of the Internet (0.0.0.0/7, 4.0.0.0/7, 8.0.0.0/7 and 57 more blocks)",
      ],
    ],
    [
      "rules of the Cloud Control provider",
      {
        resource: {
          awscc_ec2_security_group: {
            one: { security_group_ingress: [{ ip_protocol: "tcp", from_port: 22, to_port: 22, cidr_ip: world }] },
          },
          awscc_ec2_security_group_ingress: {
            two: { group_id: ref("awscc_ec2_security_group.one.id"), ip_protocol: "-1", cidr_ipv_6: "::/0" },
          },
        },
      },
      [
        "awscc_ec2_security_group.one opens tcp 22 to the whole Internet (0.0.0.0/0)",
        "awscc_ec2_security_group.one opens every port to the whole Internet (::/0) through awscc_ec2_security_group_ingress.two",
      ],
    ],
    [
      "half in the group and half in a rule of its own",
      {
        resource: {
          aws_security_group: { web: { ingress: tcp(22, "0.0.0.0/1") } },
          aws_vpc_security_group_ingress_rule: {
            half: {
              security_group_id: ref("aws_security_group.web.id"),
              ip_protocol: "tcp",
              from_port: 22,
              to_port: 22,
              cidr_ipv4: "128.0.0.0/1",
            },
          },
        },
      },
      [
        "aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.half",
      ],
    ],
  ])("%s", (_what, json, found) => {
    expect(judge(json)).toEqual({ findings: found, unresolved: [] });
  });

  it("expressions through locals, variables, lists and other resources", () => {
    const json = group([tcp(ref("local.port"), ref("element(local.sources, 0)"))], { vpc_id: "vpc-1" });
    const findings = judge({
      ...json,
      locals: { port: ref("var.port"), sources: [ref("aws_vpc.main.cidr_block"), ref("var.office")] },
      variable: { port: { default: 8443 }, office: { default: "128.0.0.0/1" } },
    });
    expect(findings.findings).toEqual(["aws_security_group.web opens tcp 8443 to 43 % of the Internet (128.0.0.0/1)"]);
  });

  it("expressions that lead in a circle, without end", () => {
    const json = { ...group(tcp(22, ref("local.a"))), locals: { a: ref("local.b"), b: ref("local.a") } };
    expect(judge(json)).toMatchObject({
      findings: [],
      unresolved: [expect.stringContaining("cannot be read before Terraform runs")],
    });
  });

  it("nothing dangerous in nothing", () => {
    expect(judge({})).toEqual({ findings: [], unresolved: [] });
    expect(judge(group(null))).toEqual({ findings: [], unresolved: [] });
    expect(judge({ resource: { aws_security_group: { odd: null, odder: "text" } } })).toEqual({
      findings: [],
      unresolved: [],
    });
  });
});

describe("openToWorld draws the line", () => {
  it.each([
    ["64.0.0.0/2", 1],
    ["64.0.0.0/3", 0],
    ["10.0.0.0/8", 0],
    ["224.0.0.0/3", 0],
  ])("so that %s is found %i times", (block, times) => {
    expect(judge(group(tcp(22, block))).findings).toHaveLength(times);
  });
});

describe("what may be open", () => {
  it("is what the table of the options opens", () => {
    const table = buildTable({ profile: "dask", enable_public_ssh: false }, { callers: [] });
    const allow = allowedBy(table);
    expect(allow.map(({ port, cidr }) => `${port} ${cidr}`)).toEqual(["8787 0.0.0.0/0", "8786 0.0.0.0/0"]);
    expect(judge(group([tcp(8786, world), tcp(8787, world), tcp(22, world)]), allow).findings).toEqual([
      "aws_security_group.web opens tcp 22 to the whole Internet (0.0.0.0/0)",
    ]);
  });

  it("is never what a source within the VPC, a list or a group was asked for", () => {
    const ingress = [{ ports: [22], prefix_list: "pl-0123456789abcdef0" }];
    expect(allowedBy(buildTable({ ingress }, { callers: [] }))).toEqual([]);
    expect(allowedBy(buildTable({ disable_public_ingress: true }, { callers: [Cidr.host("203.0.113.7")] }))).toEqual(
      [],
    );
  });
});
