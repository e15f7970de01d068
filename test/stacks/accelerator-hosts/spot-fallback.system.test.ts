/** EC2 has no spot instance: the real Terraform, the emulator, and a proxy that refuses as EC2 does. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { DeploymentOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { FaultProxy } from "../../support/fault-proxy.js";

let deployable: Deployable;
let proxy: FaultProxy;
/** The error that the next spot instances meet. */
let refusal: { code: string; message: string; status?: number } | undefined;
/** Of every machine that was asked for. */
const markets: string[] = [];

const capacity = {
  code: "InsufficientInstanceCapacity",
  message: "There is no Spot capacity available that matches your request.",
  status: 500,
};
const config = (spot: string) => ["ami: al2023", "instance_type: g6.xlarge", "caller: 203.0.113.7", "count: 1", spot];
const memory = () => join(deployable.project, ".sallyport/spot-fallback.json");

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  proxy = await FaultProxy.start({
    upstream: deployable.url,
    fault: ({ action, params }) => {
      if (action !== "RunInstances") return undefined;
      markets.push(params.get("InstanceMarketOptions.MarketType") ?? "on demand");
      return markets.at(-1) === "spot" ? refusal : undefined;
    },
  });
});
test.afterAll(() => proxy?.close());

const run = (...args: string[]) => deployable.run(args, { AWS_ENDPOINT_URL_EC2: proxy.url });
async function host() {
  const { code, stdout, stderr } = await run("hosts", "--json");
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as DeploymentOutputs).hosts[0];
}

test("with fallback: false the deployment ends and says so; nothing is made in its place", async () => {
  refusal = { code: "SpotMaxPriceTooLow", message: "Your Spot request price of 0.01 is lower than the minimum." };
  await deployable.configure(config('spot: { max_price: "0.01", fallback: false }'));
  const { code, stderr } = await run("up", "--yes", "--no-wait");
  expect(code).toBe(1);
  expect(stderr).toContain("error: there is no spot instance for accelerator-1 (SpotMaxPriceTooLow)");
  expect(stderr).toContain("spot.fallback is false");
  expect(existsSync(memory())).toBe(false);
});

test("otherwise exactly that host is made on demand, with a warning", async () => {
  refusal = capacity;
  await deployable.configure(config("spot: true"));
  const { code, stderr } = await run("up", "--yes", "--no-wait");
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(
    "warning: EC2 has no spot instance for accelerator-1 (InsufficientInstanceCapacity): using on-demand",
  );
  expect(await host()).toMatchObject({ name: "accelerator-1", spot: false });
  expect(markets.at(-1)).toBe("on demand");
  expect(markets.filter((market) => market === "on demand")).toHaveLength(1);
});

test("and stays so: there is nothing to plan, though spot instances are to be had again", async () => {
  refusal = undefined;
  const before = await host();
  const { code, stdout, stderr } = await run("plan", "--check");
  expect([code, stdout], stderr).toEqual([0, "nothing to change\n"]);
  expect(stderr).toContain("accelerator-1 stays on demand: there was no spot instance for it");
  expect((await run("up", "--yes", "--no-wait")).code).toBe(0);
  expect(await host()).toEqual(before);
});

test("until it goes: down forgets it, and the next one is a spot instance", async () => {
  expect((await run("down", "--yes")).code).toBe(0);
  expect(existsSync(memory())).toBe(false);
  const { code, stderr } = await run("up", "--yes", "--no-wait");
  expect(code, stderr).toBe(0);
  expect(await host()).toMatchObject({ spot: true });
  expect(markets.at(-1)).toBe("spot");
  // No empty plan is asked for here: the emulator does not tell that an instance is a spot instance.
  expect(proxy.failures).toEqual([]);
});
