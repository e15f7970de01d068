import { expect, test } from "vitest";
import type { DeployedHost } from "../../../stacks/accelerator-hosts/outputs.js";
import { Instances } from "../../../stacks/lifecycle/instances.js";
import { observeHosts } from "../../../stacks/lifecycle/observe-hosts.js";
import { onDemandPrices } from "../../../stacks/lifecycle/on-demand-prices.js";
import { startAws } from "../../support/aws-server.js";

const instance = (id: string, type: string, more = "") =>
  `<item><instanceId>${id}</instanceId><instanceType>${type}</instanceType><instanceState><name>running</name></instanceState><launchTime>2026-01-01T00:00:00Z</launchTime>${more}</item>`;
const host = (instance_id: string): DeployedHost => ({
  name: instance_id,
  instance_id,
  public_ip: "",
  private_ip: "",
  agent_url: "",
  ssh_user: "ubuntu",
  ssh_command: "",
  kind: "new",
  instance_type: "",
  spot: false,
  stop_mode: "stop",
});

test("a price is the user's, the spot market's, AWS's on demand, or the list's, in this order", async () => {
  const list = [
    instance("i-given", "g6.xlarge"),
    instance("i-spot", "g5.xlarge", "<instanceLifecycle>spot</instanceLifecycle>"),
    instance("i-aws", "f2.6xlarge"),
    instance("i-none", "x1.32xlarge"),
  ];
  const DescribeInstances = `<reservationSet><item><instancesSet>${list.join("")}</instancesSet></item></reservationSet>`;
  const aws = await startAws({ DescribeInstances });
  const { signal } = new AbortController();
  const asked = {
    region: "us-east-1",
    env: { ...process.env, ...aws.env },
    signal,
    limit: AbortSignal.timeout(60_000),
  };
  const instances = new Instances({ region: "us-east-1" });
  const observed = await observeHosts<never>(["i-given", "i-spot", "i-aws", "i-none"].map(host), {
    instances,
    prices: new Map([["g6.xlarge", 0.5]]),
    onDemand: await onDemandPrices(["f2.6xlarge"], asked),
    askAgent: async () => ({ agent: "none" }),
    signal,
  });
  instances.close();
  expect(observed.map(({ price }) => price)).toEqual([
    { usd_per_hour: 0.5, source: "given" },
    { usd_per_hour: 0.79, source: "current spot price" },
    { usd_per_hour: 1.98, source: "current on-demand price" },
    undefined,
  ]);
});

test("where AWS does not tell a price, that of the release is taken; of a type that it does not list, none", async () => {
  const aws = await startAws({ GetProducts: { refuse: "AccessDeniedException" } });
  const { signal } = new AbortController();
  const asked = {
    region: "us-east-1",
    env: { ...process.env, ...aws.env },
    signal,
    limit: AbortSignal.timeout(60_000),
  };
  expect([...(await onDemandPrices(["g6.xlarge", "x1.32xlarge"], asked))]).toEqual([
    ["g6.xlarge", { usd: 0.8048, source: "list" }],
  ]);
});
