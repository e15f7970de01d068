import { rm } from "node:fs/promises";
import { DataAwsEc2ManagedPrefixList } from "@cdktf/provider-aws/lib/data-aws-ec2-managed-prefix-list/index.js";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { Ec2ManagedPrefixList } from "@cdktf/provider-aws/lib/ec2-managed-prefix-list/index.js";
import { Ec2ManagedPrefixListEntryA } from "@cdktf/provider-aws/lib/ec2-managed-prefix-list-entry/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import {
  type App,
  Aspects,
  Fn,
  type IAspect,
  TerraformElement,
  TerraformHclModule,
  TerraformIterator,
  TerraformLocal,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { afterEach, describe, expect, it } from "vitest";
import type { Allowed } from "../../../firewall/guard/guard.js";
import { CallerOnly } from "../../../stacks/constructs/caller-only.js";

const apps: App[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await rm(app.outdir, { recursive: true, force: true });
});

function testApp(): App {
  const app = Testing.app();
  apps.push(app);
  return app;
}

function stackIn(app: App, id: string): TerraformStack {
  const stack = new TerraformStack(app, id);
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  return stack;
}

/** What the guard says when synthesis fails: `[path] sentence`. */
function complaints(app: App): string[] {
  try {
    app.synth();
    return [];
  } catch (error) {
    const said = String(error)
      .split("\n")
      .map((line) => line.trim());
    const lines = said.filter((line) => line.startsWith("["));
    if (lines.length === 0) throw error;
    return lines;
  }
}

function guarded(build: (stack: TerraformStack) => void, allow: readonly Allowed[] = []): string[] {
  const app = testApp();
  const stack = stackIn(app, "lab");
  CallerOnly.guard(app, { allow });
  build(stack);
  return complaints(app);
}

const rule = (scope: Construct, id: string, source: object, more: object = {}) =>
  new VpcSecurityGroupIngressRule(scope, id, {
    securityGroupId: "sg-0123456789abcdef0",
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    ...source,
    ...more,
  });

const inline = (source: object, more: object = {}) => ({
  ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, ...source, ...more }],
});

class TheirBastion extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new SecurityGroup(this, "Group", inline({ cidrBlocks: ["0.0.0.0/0"] }));
  }
}

/** Ways of opening a port to the world, and what the guard says to each. */
const WAYS: readonly [way: string, build: (stack: TerraformStack) => void, said: string][] = [
  [
    "a rule for 0.0.0.0/0",
    (stack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "a rule for ::/0",
    (stack) => rule(stack, "r", { cidrIpv6: "::/0" }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (::/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "all of the IPv6 addresses that were ever given out",
    (stack) => rule(stack, "r", { cidrIpv6: "2000::/3" }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (2000::/3) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "an inline rule",
    (stack) => new SecurityGroup(stack, "g", inline({ cidrBlocks: ["203.0.113.7/32", "0.0.0.0/0"] })),
    "[lab/g] aws_security_group.g opens tcp 22 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "an inline rule inside somebody else's construct",
    (stack) => new TheirBastion(stack, "bastion"),
    "[lab/bastion/Group] aws_security_group.bastion_Group_8A2E4F8B opens tcp 22 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "a rule of the older kind",
    (stack) =>
      new SecurityGroupRule(stack, "r", {
        type: "ingress",
        securityGroupId: new SecurityGroup(stack, "g", {}).id,
        protocol: "tcp",
        fromPort: 8000,
        toPort: 9000,
        cidrBlocks: ["0.0.0.0/0"],
      }),
    "[lab/r] aws_security_group.g opens tcp 8000-9000 to the whole Internet (0.0.0.0/0) through aws_security_group_rule.r, and no option asked for it",
  ],
  [
    "every protocol at once",
    (stack) =>
      rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { ipProtocol: "-1", fromPort: undefined, toPort: undefined }),
    "[lab/r] sg-0123456789abcdef0 opens every port to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "the VPC's default group",
    (stack) => new DefaultSecurityGroup(stack, "g", inline({ cidrBlocks: ["0.0.0.0/0"] })),
    "[lab/g] aws_default_security_group.g opens tcp 22 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "two halves of the Internet",
    (stack) => {
      rule(stack, "low", { cidrIpv4: "0.0.0.0/1" });
      rule(stack, "high", { cidrIpv4: "128.0.0.0/1" });
    },
    "[lab/low] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.low and aws_vpc_security_group_ingress_rule.high, and no option asked for it",
  ],
  [
    "one half of the Internet",
    (stack) => rule(stack, "r", { cidrIpv4: "128.0.0.0/1" }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to 43 % of the Internet (128.0.0.0/1) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "everybody in the clothes of one address",
    (stack) => rule(stack, "r", { cidrIpv4: "203.0.113.7/0" }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "a prefix list that holds the Internet in halves",
    (stack) => {
      const entry = [{ cidr: "0.0.0.0/1" }, { cidr: "128.0.0.0/1" }];
      const list = new Ec2ManagedPrefixList(stack, "all", { name: "all", addressFamily: "IPv4", maxEntries: 2, entry });
      rule(stack, "r", { prefixListId: list.id });
    },
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "an entry of its own in a prefix list that an inline rule names",
    (stack) => {
      const list = new Ec2ManagedPrefixList(stack, "all", { name: "all", addressFamily: "IPv6", maxEntries: 2 });
      new Ec2ManagedPrefixListEntryA(stack, "entry", { prefixListId: list.id, cidr: "::/0" });
      new SecurityGroup(stack, "g", inline({ prefixListIds: [list.id] }));
    },
    "[lab/g] aws_security_group.g opens tcp 22 to the whole Internet (::/0), and no option asked for it",
  ],
  [
    "an override of one address in a list",
    (stack) =>
      new SecurityGroup(stack, "g", inline({ cidrBlocks: ["203.0.113.7/32"] })).addOverride(
        "ingress.0.cidr_blocks.0",
        "0.0.0.0/0",
      ),
    "[lab/g] aws_security_group.g opens tcp 22 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "an override of the stack, for a resource that no construct made",
    (stack) =>
      stack.addOverride("resource.aws_vpc_security_group_ingress_rule.smuggled", {
        security_group_id: "sg-0123456789abcdef0",
        ip_protocol: "tcp",
        from_port: "22",
        to_port: "22",
        cidr_ipv4: "0.0.0.0/0",
      }),
    "[lab] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.smuggled, and no option asked for it",
  ],
  [
    "an element that writes its own JSON",
    (stack) => {
      class Raw extends TerraformElement {
        override toTerraform() {
          const ingress = { protocol: "6", from_port: 3389, to_port: 3389, cidr_blocks: ["0.0.0.0/0"] };
          return { resource: { aws_security_group: { raw: { ingress } } } };
        }
      }
      new Raw(stack, "raw");
    },
    "[lab] aws_security_group.raw opens tcp 3389 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "a list of rules that Terraform computes",
    (stack) => {
      const all = TerraformIterator.fromList(["0.0.0.0/0"]);
      const ingress = all.dynamic({ from_port: 80, to_port: 80, protocol: "tcp", cidr_blocks: [all.value] });
      new SecurityGroup(stack, "g", { ingress });
    },
    "[lab/g] aws_security_group.g opens tcp 80 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "a dynamic block",
    (stack) =>
      new SecurityGroup(stack, "g", {}).addOverride("dynamic.ingress", {
        for_each: ["0.0.0.0/0"],
        content: { protocol: "udp", from_port: 53, to_port: 53, cidr_blocks: [`\${ingress.value}`] },
      }),
    "[lab/g] aws_security_group.g opens udp 53 to the whole Internet (0.0.0.0/0), and no option asked for it",
  ],
  [
    "for_each over the sources",
    (stack) => {
      const all = TerraformIterator.fromList(["0.0.0.0/0"]);
      rule(stack, "r", { cidrIpv4: all.value }, { forEach: all });
    },
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "the default of a variable",
    (stack) => rule(stack, "r", { cidrIpv4: new TerraformVariable(stack, "v", { default: "0.0.0.0/0" }).stringValue }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "one branch of a condition, in a local",
    (stack) => {
      const local = new TerraformLocal(stack, "l", `\${var.open ? "0.0.0.0/0" : "10.0.0.0/8"}`);
      new TerraformVariable(stack, "open", { default: false });
      rule(stack, "r", { cidrIpv4: local.asString });
    },
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "a mask of 0 behind an address that is not known yet",
    (stack) => rule(stack, "r", { cidrIpv4: `\${aws_eip.nat.public_ip}/0` }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
  [
    "a port that is not known yet, which may be any",
    (stack) =>
      rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { fromPort: new TerraformVariable(stack, "p", {}).numberValue }),
    "[lab/r] sg-0123456789abcdef0 opens tcp 0-65535 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
  ],
];

describe("CallerOnly fails synthesis when a port is opened to the world by", () => {
  it.each(WAYS)("%s", (_way, build, said) => {
    expect(guarded(build).map((line) => line.replace(/(?<=bastion_Group_)[0-9A-F]{8}/, "8A2E4F8B"))).toEqual([said]);
  });
});

describe("CallerOnly lets pass", () => {
  const QUIET: readonly [what: string, build: (stack: TerraformStack) => void][] = [
    ["one caller", (stack) => rule(stack, "r", { cidrIpv4: "203.0.113.7/32" })],
    ["the largest network that one party has", (stack) => rule(stack, "r", { cidrIpv4: "53.0.0.0/8" })],
    [
      "all private addresses",
      (stack) => {
        for (const cidrIpv4 of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
          rule(stack, cidrIpv4.replace("/", "_"), { cidrIpv4 });
      },
    ],
    [
      "the VPC, by reference",
      (stack) => rule(stack, "r", { cidrIpv4: new Vpc(stack, "vpc", { cidrBlock: "10.0.0.0/16" }).cidrBlock }),
    ],
    ["a group as source", (stack) => rule(stack, "r", { referencedSecurityGroupId: "sg-0fedcba9876543210" })],
    ["members of the same group", (stack) => new SecurityGroup(stack, "g", inline({ selfAttribute: true }))],
    [
      "ICMP, which has no ports",
      (stack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { ipProtocol: "icmp", fromPort: 8, toPort: 0 }),
    ],
    [
      "egress to everywhere",
      (stack) => {
        new VpcSecurityGroupEgressRule(stack, "e", {
          securityGroupId: "sg-0123456789abcdef0",
          ipProtocol: "-1",
          cidrIpv4: "0.0.0.0/0",
        });
        new SecurityGroup(stack, "g", {
          egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
        });
      },
    ],
    ["a rule that is never made", (stack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { count: 0 })],
  ];

  it.each(QUIET)("%s", (_what, build) => {
    expect(guarded(build)).toEqual([]);
  });

  it("the port and source that an option asked for", () => {
    const build = (stack: TerraformStack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" });
    expect(guarded(build, [{ port: 22, cidr: "0.0.0.0/0" }])).toEqual([]);
  });
});

describe("what an option asked for is no more than that", () => {
  const asked = [{ port: 22, cidr: "0.0.0.0/0" }];

  it.each([
    ["another family", { cidrIpv6: "::/0" }, {}, "tcp 22", "::/0"],
    ["another protocol", { cidrIpv4: "0.0.0.0/0" }, { ipProtocol: "udp" }, "udp 22", "0.0.0.0/0"],
    ["another port", { cidrIpv4: "0.0.0.0/0" }, { fromPort: 23, toPort: 23 }, "tcp 23", "0.0.0.0/0"],
  ])("so %s fails", (_what, source, more, ports, whom) => {
    expect(guarded((stack) => rule(stack, "r", source, more), asked)).toEqual([
      `[lab/r] sg-0123456789abcdef0 opens ${ports} to the whole Internet (${whom}) through aws_vpc_security_group_ingress_rule.r, and no option asked for it`,
    ]);
  });

  it("so the ports around it in a range fail", () => {
    const build = (stack: TerraformStack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { fromPort: 20, toPort: 25 });
    expect(guarded(build, asked).map((line) => /tcp [\d-]+/.exec(line)?.[0])).toEqual(["tcp 20-21", "tcp 23-25"]);
  });

  it("so every protocol fails", () => {
    const build = (stack: TerraformStack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" }, { ipProtocol: "-1" });
    expect(guarded(build, asked).map((line) => /every port|tcp [\d-]+/.exec(line)?.[0])).toEqual(["every port"]);
  });

  it("so a part of the world does not allow the whole", () => {
    const build = (stack: TerraformStack) => rule(stack, "r", { cidrIpv4: "0.0.0.0/0" });
    expect(guarded(build, [{ port: 22, cidr: "0.0.0.0/1" }])).toHaveLength(1);
  });
});

describe("CallerOnly guards all of an app", () => {
  it("every stack, with a list in one and the rule that names it in another", () => {
    const app = testApp();
    const [network, hosts] = [stackIn(app, "network"), stackIn(app, "hosts")];
    const entry = [{ cidr: "0.0.0.0/0" }];
    const list = new Ec2ManagedPrefixList(network, "all", { name: "all", addressFamily: "IPv4", maxEntries: 1, entry });
    rule(hosts, "r", { prefixListId: list.id });
    CallerOnly.guard(app);
    expect(complaints(app)).toEqual([
      "[hosts/r] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
    ]);
  });

  it("a stack that is added after the guard", () => {
    const app = testApp();
    CallerOnly.guard(app);
    rule(stackIn(app, "late"), "r", { cidrIpv4: "0.0.0.0/0" });
    expect(complaints(app)).toEqual([
      "[late] sg-0123456789abcdef0 opens tcp 22 to the whole Internet (0.0.0.0/0) through aws_vpc_security_group_ingress_rule.r, and no option asked for it",
    ]);
  });

  it("what another aspect opens after the guard has looked", () => {
    const app = testApp();
    const stack = stackIn(app, "lab");
    const opened = rule(stack, "r", { cidrIpv4: "203.0.113.7/32" });
    CallerOnly.guard(app);
    class Opener implements IAspect {
      visit(node: IConstruct): void {
        if (node === opened) opened.cidrIpv4 = "0.0.0.0/0";
      }
    }
    Aspects.of(stack).add(new Opener());
    expect(complaints(app)[0]).toContain("opens tcp 22 to the whole Internet");
  });

  it("one stack alone, if that is what it is given", () => {
    const app = testApp();
    const [guardedStack, other] = [stackIn(app, "guarded"), stackIn(app, "other")];
    CallerOnly.guard(guardedStack);
    rule(other, "r", { cidrIpv4: "0.0.0.0/0" });
    expect(complaints(app)).toEqual([]);
    expect(() => Testing.fullSynth(other)).not.toThrow();
  });
});

describe("what cannot be judged before Terraform runs is a warning", () => {
  function warnings(build: (stack: TerraformStack) => void): unknown[] {
    const app = testApp();
    const stack = stackIn(app, "lab");
    CallerOnly.guard(app);
    build(stack);
    expect(complaints(app)).toEqual([]);
    return stack.node.metadata.filter(({ type }) => type === "@cdktf/warn").map(({ data }) => data);
  }

  it.each<[what: string, build: (stack: TerraformStack) => void, said: string[]]>([
    [
      "a variable without a default",
      (stack) => rule(stack, "r", { cidrIpv4: new TerraformVariable(stack, "v", {}).stringValue }),
      ['aws_vpc_security_group_ingress_rule.r: the source "var.v" cannot be read before Terraform runs'],
    ],
    [
      "an address put together by a function",
      (stack) => rule(stack, "r", { cidrIpv4: Fn.join("/", ["0.0.0.0", "0"]) }),
      [
        'aws_vpc_security_group_ingress_rule.r: the source "join(\\"/\\", [\\"0.0.0.0\\", \\"0\\"])" cannot be read before Terraform runs',
      ],
    ],
    [
      "a prefix list that is not in the app",
      (stack) => rule(stack, "r", { prefixListId: "pl-0123456789abcdef0" }),
      [
        "aws_vpc_security_group_ingress_rule.r: the prefix list pl-0123456789abcdef0 cannot be read before Terraform runs",
      ],
    ],
    [
      "a module that is given the world",
      (stack) =>
        new TerraformHclModule(stack, "m", {
          source: "terraform-aws-modules/security-group/aws",
          variables: { allow: ["0.0.0.0/0"] },
        }),
      ['module.m: a module is not looked into, and this one is given "0.0.0.0/0"'],
    ],
    [
      "but not AWS's own list",
      (stack) => {
        const list = new DataAwsEc2ManagedPrefixList(stack, "edge", {
          name: "com.amazonaws.global.cloudfront.origin-facing",
        });
        rule(stack, "r", { prefixListId: list.id });
      },
      [],
    ],
  ])("%s", (_what, build, said) => {
    expect(warnings(build)).toEqual(said);
  });
});
