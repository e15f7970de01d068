import { describe, expect, it } from "vitest";
import type { FirewallOptions } from "../../../firewall/options/schema.js";
import { buildTable } from "../../../firewall/options/table.js";
import { decide, type PacketQuery } from "../../../firewall/options/verdict.js";
import { Cidr } from "../../../net/cidr.js";

const caller = Cidr.host("203.0.113.7");
const origins = {
  allow_ports: "sallyport.yaml:2:1",
  ingress: "sallyport.yaml:4:1",
  enable_public_ssh: "user.yaml:9:1",
};

function ask(options: FirewallOptions, question: PacketQuery): string {
  const written = Object.fromEntries(Object.entries(origins).filter(([option]) => option in options));
  const { verdict, because } = decide(buildTable(options, { callers: [caller], origins: written }), question);
  return `${verdict}: ${because}`;
}

describe("decide", () => {
  it.each<[options: FirewallOptions, question: PacketQuery, answer: string]>([
    [
      { allow_ports: [22] },
      { port: 22, address: "203.0.113.7" },
      "passes: 22 is open to 203.0.113.7/32 by allow_ports (sallyport.yaml:2:1)",
    ],
    [
      { allow_ports: [22] },
      { port: 22, address: "::ffff:203.0.113.7" },
      "passes: 22 is open to 203.0.113.7/32 by allow_ports (sallyport.yaml:2:1)",
    ],
    [
      { allow_ports: [22] },
      { port: 22, address: "203.0.113.8" },
      "blocked: 22 is open to 203.0.113.7/32 by allow_ports (sallyport.yaml:2:1), and 203.0.113.8 is not among them",
    ],
    [{ allow_ports: [22] }, { port: 80, address: "203.0.113.7" }, "blocked: no rule opens 80 to anybody"],
    [
      { disable_public_ingress: true },
      { port: 22, address: "10.0.0.9" },
      "depends: 22 is open to <vpc-cidr> by allow_ports (built in), and it is not known whether 10.0.0.9 is inside the VPC",
    ],
    [
      { disable_public_ingress: true },
      { port: 22, address: "10.0.0.9", vpcCidr: Cidr.parse("10.0.0.0/16") },
      "passes: 22 is open to the VPC 10.0.0.0/16 by allow_ports (built in)",
    ],
    [
      { disable_public_ingress: true },
      { port: 22, address: "8.8.8.8" },
      "blocked: 22 is open to <vpc-cidr> by allow_ports (built in), and 8.8.8.8 is not among them",
    ],
    [
      { profile: "dask", enable_public_ssh: false },
      { port: 22, address: "10.0.0.9", vpcCidr: Cidr.parse("10.0.0.0/16") },
      "passes: 22 is open to the VPC 10.0.0.0/16 by enable_public_ssh (user.yaml:9:1) in the internal group",
    ],
    [
      { ingress: [{ ports: [5432], prefix_list: "pl-0123456789abcdef0" }] },
      { port: 5432, address: "8.8.8.8" },
      "depends: 5432 is open to pl-0123456789abcdef0 by ingress[0] (sallyport.yaml:4:1), and it is not known whether 8.8.8.8 is in the list",
    ],
    [
      { ingress: [{ ports: [5432], prefix_list: "pl-0123456789abcdef0" }] },
      { port: 5432, address: "8.8.8.8", members: { "pl-0123456789abcdef0": [Cidr.parse("8.8.8.0/24")] } },
      "passes: 5432 is open to pl-0123456789abcdef0 by ingress[0] (sallyport.yaml:4:1)",
    ],
    [
      { ingress: [{ ports: [5432], security_group: "sg-0123456789abcdef0" }] },
      { port: 5432, address: "10.0.0.9", members: { "sg-0123456789abcdef0": [Cidr.host("10.0.0.8")] } },
      "blocked: 5432 is open to sg-0123456789abcdef0 by ingress[0] (sallyport.yaml:4:1), and 10.0.0.9 is not among them",
    ],
  ])("of %j, asked %j", (options, question, answer) => {
    expect(ask(options, question)).toBe(answer);
  });

  it("calls nothing a pass that it is not sure of", () => {
    const table = buildTable({ disable_public_ingress: true }, { callers: [] });
    expect(decide(table, { port: 22, address: "10.0.0.9" })).toMatchObject({ verdict: "depends", passes: false });
  });

  it("names at most five of the sources that are let in", () => {
    const callers = Array.from({ length: 7 }, (_, index) => Cidr.host(`203.0.113.${index}`));
    const { because } = decide(buildTable({ allow_ports: [22] }, { callers }), { port: 22, address: "8.8.8.8" });
    expect(because).toMatch(
      /203\.0\.113\.4\/32 by allow_ports \(given\) and 2 more, and 8\.8\.8\.8 is not among them$/,
    );
  });

  it("refuses an address that is none", () => {
    expect(() => ask({}, { port: 22, address: "10.0.0" })).toThrow('"10.0.0" is not an IP address');
  });
});
