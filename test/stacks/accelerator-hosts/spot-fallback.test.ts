import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { NewHost, PlannedHost, Spot } from "../../../stacks/accelerator-hosts/hosts.js";
import { decideFallback, onDemandInstead, stillOnDemand } from "../../../stacks/accelerator-hosts/spot-fallback.js";
import { readOnDemand, writeOnDemand } from "../../../stacks/accelerator-hosts/spot-fallback-state.js";
import { TerraformLog } from "../../../stacks/terraform/terraform-log.js";

const host = (name: string, spot: false | Spot): NewHost => ({
  kind: "new",
  name,
  stopMode: "term",
  instanceType: "g6.xlarge",
  ami: "ubuntu-24.04",
  spot,
});
const hosts: PlannedHost[] = [
  host("accelerator-1", { fallback: true }),
  host("accelerator-2", { fallback: true, maxPrice: "0.5" }),
  host("accelerator-3", { fallback: false }),
  host("accelerator-4", false),
  { kind: "instance", name: "accelerator-5", stopMode: "keep", instanceId: "i-0123456789abcdef0" },
];

/** As Terraform 1.13 with provider 6 reports what EC2 refuses. */
function failures(...errors: readonly (readonly [host: string, code: string])[]) {
  const log = new TerraformLog((address) =>
    address.replace(/^aws_instance\.(.+)_Instance_[0-9A-F]{8}$/, "$1/Instance"),
  );
  for (const [name, code] of errors) {
    log.read(
      JSON.stringify({
        type: "diagnostic",
        diagnostic: {
          severity: "error",
          summary: `creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, RequestID: 0, api error ${code}: no.`,
          detail: "",
          address: `aws_instance.${name}_Instance_0A1B2C3D`,
        },
      }),
    );
  }
  return log.failures;
}

describe("where AWS has no spot instance", () => {
  test.each([
    "InsufficientInstanceCapacity",
    "SpotMaxPriceTooLow",
    "MaxSpotInstanceCountExceeded",
    "UnfulfillableCapacity",
  ])("%s: exactly the hosts that were refused fall back", (code) => {
    const decision = decideFallback(failures(["accelerator-2", code], ["accelerator-2", code]), hosts);
    expect(decision).toEqual({ kind: "fall-back", refusals: [{ host: "accelerator-2", code }] });
    expect(onDemandInstead(hosts, new Set(["accelerator-2"]))).toEqual(
      hosts.map((each) => (each.name === "accelerator-2" ? { ...each, spot: false } : each)),
    );
  });

  test("none falls back where one of them may not: it is named, and nothing is made", () => {
    const refused = failures(
      ["accelerator-1", "InsufficientInstanceCapacity"],
      ["accelerator-3", "SpotMaxPriceTooLow"],
    );
    expect(decideFallback(refused, hosts)).toEqual({
      kind: "refused",
      refusals: [{ host: "accelerator-3", code: "SpotMaxPriceTooLow" }],
    });
  });

  test.each<[string, [string, string][]]>([
    ["something else went wrong", [["accelerator-1", "UnauthorizedOperation"]]],
    [
      "something else went wrong too",
      [
        ["accelerator-1", "InsufficientInstanceCapacity"],
        ["accelerator-2", "InvalidAMIID.NotFound"],
      ],
    ],
    ["a host was on demand", [["accelerator-4", "InsufficientInstanceCapacity"]]],
    ["it is no host of ours", [["accelerator-9", "InsufficientInstanceCapacity"]]],
    ["nothing was said", []],
  ])("it is none of our business if %s", (_, errors) => {
    expect(decideFallback(failures(...errors), hosts)).toEqual({ kind: "none" });
  });
});

describe("what is remembered", () => {
  const names = new Set(["accelerator-1", "accelerator-3", "accelerator-4", "accelerator-9"]);

  test("is forgotten for hosts that have gone, that are no spot instances, or that may not fall back any more", () => {
    expect(stillOnDemand(names, hosts)).toEqual(["accelerator-1"]);
    expect(onDemandInstead(hosts, new Set(["accelerator-3"]))).toEqual(hosts);
  });

  async function project(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), "spot-"));
    onTestFinished(() => rm(dir, { recursive: true }));
    return dir;
  }

  test("comes back as it was written, and nothing to remember leaves no file", async () => {
    const dir = await project();
    expect(await readOnDemand(dir)).toEqual(new Set());
    await writeOnDemand(dir, ["accelerator-2", "accelerator-1", "accelerator-2"]);
    expect(await readOnDemand(dir)).toEqual(new Set(["accelerator-1", "accelerator-2"]));
    await writeOnDemand(dir, []);
    expect(await readdir(join(dir, ".sallyport"))).toEqual([]);
  });

  test.each(["", "{}", "[1]", '{"on_demand": 1}'])("a file of %j is not taken for anything", async (text) => {
    const dir = await project();
    await mkdir(join(dir, ".sallyport"));
    await writeFile(join(dir, ".sallyport/spot-fallback.json"), text);
    const error = await readOnDemand(dir).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "stacks/bad-spot-memory" });
  });
});
