/** The parts of the questions that are values: quotas, prices, and the sentence on what a plan costs. */
import { describe, expect, test } from "vitest";
import { costSentence } from "../../../stacks/preflight/cost.js";
import type { ExistingMachines } from "../../../stacks/preflight/existing-machines.js";
import { type HourlyPrice, listedPrice, priceIn, usdText } from "../../../stacks/preflight/price-list.js";
import { vcpuQuota } from "../../../stacks/preflight/quota-codes.js";
import type { WantedMachines } from "../../../stacks/preflight/wanted.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";
import { priced } from "../../support/aws-server.js";

test.each([
  ["f2.6xlarge", false, "L-74FC7D96", "Running On-Demand F instances"],
  ["f2.6xlarge", true, "L-88CF9481", "All F Spot Instance Requests"],
  ["g6e.xlarge", false, "L-DB2E81BA", "Running On-Demand G and VT instances"],
  ["vt1.3xlarge", true, "L-3819A6DF", "All G and VT Spot Instance Requests"],
  ["p4d.24xlarge", false, "L-417A185B", "Running On-Demand P instances"],
  ["inf2.xlarge", false, "L-1945791B", "Running On-Demand Inf instances"],
  ["im4gn.large", false, "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"],
  ["trn1.2xlarge", true, "L-6B0D517C", "All Trn Spot Instance Requests"],
  ["t3.small", true, "L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"],
  ["dl1.24xlarge", false, "L-6E869C2A", "Running On-Demand DL instances"],
  ["d3.xlarge", false, "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"],
  ["u-6tb1.metal", false, "L-43DA4232", "Running On-Demand High Memory instances"],
])("S-10: %s (spot: %s) counts against %s", (type, spot, code, name) => {
  expect(vcpuQuota(type, spot)).toEqual({ code, name });
});

test.each([
  ["mac2.metal", false],
  ["hpc7a.96xlarge", true],
  ["q1.large", false],
])("%s (spot: %s) has no such quota", (type, spot) => {
  expect(vcpuQuota(type, spot)).toBeUndefined();
});

test("a price is the lowest above zero, and none is undefined", () => {
  expect(priceIn(priced("1.9800000000"))).toEqual({ usd: 1.98, source: "AWS" });
  for (const answer of [{}, { PriceList: [] }, priced("0.0000000000")]) expect(priceIn(answer)).toBeUndefined();
  expect(listedPrice("f2.6xlarge")).toEqual({ usd: 1.98, source: "list" });
  expect(listedPrice("constructor")).toBeUndefined();
  expect([1.98, 47.52, 0.0208, 0.5, 15.84 * 24].map(usdText)).toEqual(["1.98", "47.52", "0.0208", "0.5", "380.16"]);
});

describe("S-21: what a plan costs", () => {
  const host = (what: string, type: string, more: Partial<WantedMachines> = {}): WantedMachines => ({
    what,
    types: [type],
    count: 1,
    ami: "al2023",
    spot: "none",
    isPublic: true,
    network: { kind: "default" },
    ...more,
  });
  const change = (name: string, type = "aws_instance", action: PlannedChange["action"] = "create"): PlannedChange => ({
    name,
    type,
    action,
    address: name,
  });
  const aws = (usd: number): HourlyPrice => ({ usd, source: "AWS" });
  const prices = new Map([
    ["f2.6xlarge", aws(1.98)],
    ["g6.xlarge", aws(0.8048)],
    ["g6.xlarge spot", aws(0.3)],
    ["t3.small", { usd: 0.0208, source: "list" as const }],
  ]);
  const say = (
    changes: readonly PlannedChange[],
    wanted: readonly WantedMachines[],
    autostop = false,
    existing: ExistingMachines = new Map(),
  ) => costSentence(changes, { wanted, existing, prices, region: "us-east-1", autostop });
  const one = host("accelerator-1", "f2.6xlarge");

  test("is said with type, region, and the price per hour and day", () => {
    expect(say([change("accelerator-1/Instance"), change("Role", "aws_iam_role")], [one])).toBe(
      'This starts f2.6xlarge in us-east-1: 1.98 USD an hour, 47.52 a day, until "sallyport down"; autostop is off.',
    );
    const two = [one, host("b", "f2.6xlarge"), host("c", "g6.xlarge", { spot: "only" })];
    expect(
      say(
        ["accelerator-1", "b", "c"].map((name) => change(`${name}/Instance`)),
        two,
        true,
      ),
    ).toBe(
      'This starts 2 × f2.6xlarge and g6.xlarge (spot) in us-east-1: about 4.26 USD an hour, 102.24 a day, until "sallyport down" or autostop.',
    );
  });

  test("counts what the plan makes, and no more", () => {
    const both = [one, host("b", "g6.xlarge")];
    expect(say([change("b/Instance")], both)).toContain("This starts g6.xlarge in us-east-1: 0.805 USD an hour");
    expect(say([change("b/Instance", "aws_instance", "replace")], both)).toContain("g6.xlarge");
    const existing = new Map([["b", { type: "g6.xlarge", count: 1 }]]);
    expect(say([change("b/Instance", "aws_instance", "update")], both, false, existing)).toBeUndefined();
    expect(say([change("b/Instance", "aws_instance", "delete")], both)).toBeUndefined();
    expect(say([change("Bucket", "aws_s3_bucket"), change("Fn", "aws_lambda_function")], [])).toBeUndefined();
    expect(say([], both)).toBeUndefined();
  });

  test("counts a machine that becomes one of another type, which Terraform changes in place", () => {
    const changed = [change("accelerator-1/Instance", "aws_instance", "update")];
    const existing = (type: string) => new Map([["accelerator-1", { type, count: 1 }]]);
    expect(say(changed, [one], false, existing("g6.xlarge"))).toContain(
      "This starts f2.6xlarge in us-east-1: 1.98 USD",
    );
    expect(say([], [one], false, existing("g6.xlarge"))).toBeUndefined();
    expect(say(changed, [one], false, existing("f2.6xlarge"))).toBeUndefined();
    const gateway = [host("gateway", "t3.small", { network: { kind: "own" } })];
    const smaller = new Map([["gateway", { type: "t3.nano", count: 1 }]]);
    expect(say([change("Gateway/Instance", "aws_instance", "update")], gateway, false, smaller)).toContain(
      "This starts t3.small",
    );
  });

  test("of a fleet is that of the machines it begins with, and later of those that are more", () => {
    const fleet = (count: number) => [host("fleet", "f2.6xlarge", { count })];
    const group = (action: PlannedChange["action"]) => [change("Fleet/Group", "aws_autoscaling_group", action)];
    expect(say(group("create"), fleet(0))).toBeUndefined();
    expect(say(group("create"), fleet(3))).toContain("3 × f2.6xlarge in us-east-1: 5.94 USD an hour");
    const existing = (count: number, type = "f2.6xlarge") => new Map([["fleet", { type, count }]]);
    expect(say(group("update"), fleet(3), false, existing(1))).toContain(
      "2 × f2.6xlarge in us-east-1: 3.96 USD an hour",
    );
    expect(say(group("update"), fleet(3), false, existing(2, "g6.xlarge"))).toContain("This starts f2.6xlarge in");
    expect(say(group("replace"), fleet(3), false, existing(3))).toContain("3 × f2.6xlarge");
    for (const count of [3, 4]) expect(say(group("update"), fleet(3), false, existing(count))).toBeUndefined();
    expect(say(group("delete"), fleet(3), false, existing(3))).toBeUndefined();
  });

  test("of other stacks names what else costs by the hour", () => {
    const gateway = [host("gateway", "t3.small", { network: { kind: "own" } })];
    expect(say([change("Gateway/Instance"), change("Gateway/Address", "aws_eip")], gateway)).toBe(
      'This starts t3.small and 1 public address in us-east-1: about 0.0208 USD an hour, 0.499 a day beside what AWS charges for the others by the hour, until "sallyport down"; autostop is off.',
    );
    const endpoints = ["Api", "Packages", "Network/Endpoint-s3"].map((name) => change(name, "aws_vpc_endpoint"));
    expect(say(endpoints, [])).toBe("This makes 2 VPC endpoints in us-east-1, which AWS charges by the hour.");
  });

  test("is not made up where no price is known", () => {
    expect(say([change("accelerator-1/Instance")], [host("accelerator-1", "p5.48xlarge")])).toContain(
      "This starts p5.48xlarge in us-east-1: at a price that is not known here",
    );
  });
});
