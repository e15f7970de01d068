/** What `sallyport status` prints, from what EC2 and the agents said. */
import { expect, test } from "vitest";
import type { IdleInfo } from "../../../client/agent/answers.js";
import { idleLines } from "../../../client/agent/idle-text.js";
import type { DeployedHost } from "../../../stacks/accelerator-hosts/outputs.js";
import { type AgentState, hostStatus, type Price, statusText } from "../../../stacks/lifecycle/host-status.js";
import type { Machine } from "../../../stacks/lifecycle/instances.js";

const NOW = new Date("2026-01-02T05:14:05Z");
const host: DeployedHost = {
  name: "accelerator-1",
  instance_id: "i-0123456789abcdef0",
  public_ip: "203.0.113.7",
  private_ip: "10.0.0.7",
  agent_url: "https://203.0.113.7",
  ssh_user: "ubuntu",
  ssh_command: "ssh ubuntu@203.0.113.7",
  kind: "new",
  instance_type: "g6.xlarge",
  spot: false,
  stop_mode: "stop",
};
const machine: Machine = {
  id: host.instance_id,
  state: "running",
  type: "g6.xlarge",
  spot: false,
  zone: "us-east-1a",
  startedAt: new Date("2026-01-02T03:04:05Z"),
};
const idle: IdleInfo = {
  idle_seconds: 720,
  since: "2026-01-02T05:02:05Z",
  busy: { jobs: 0, transfers: 0, logins: 0 },
  autostop: { idle_seconds: 1800, action: "stop", stops_in_seconds: 1080, ending: false },
};
const price: Price = { usd_per_hour: 0.8048, source: "given" };
type Agent = AgentState<IdleInfo>;
const up = (report: IdleInfo): Agent => ({ agent: "up", idle: report });
const none: Agent = { agent: "none" };
const text = (of: DeployedHost, seen: Machine | undefined, agent: Agent, cost: Price | undefined) =>
  statusText([hostStatus(of, { machine: seen, agent, price: cost, now: NOW })], idleLines);

test("a host that runs and does nothing", () => {
  expect(text(host, machine, up(idle), price)).toMatchInlineSnapshot(`
    "accelerator-1  running for 2 h 10 min (g6.xlarge)
      instance     i-0123456789abcdef0
      agent        up, idle for 12 min
      autostop     stops itself in 18 min, if nothing happens until then
      cost         $1.74 since it was started, at $0.8048 an hour; disk and traffic not counted"
  `);
});

test("a busy one on spot, whose last try to end itself failed", () => {
  const busy: IdleInfo = {
    ...idle,
    idle_seconds: 0,
    busy: { jobs: 1, transfers: 2, logins: null },
    autostop: {
      ...idle.autostop,
      idle_seconds: 1800,
      action: "terminate",
      stops_in_seconds: 900,
      ending: false,
      error: "no",
    },
  };
  const spot: Price = { usd_per_hour: 0.25, source: "current spot price" };
  expect(text(host, { ...machine, spot: true }, up(busy), spot)).toMatchInlineSnapshot(`
    "accelerator-1  running for 2 h 10 min (g6.xlarge, spot)
      instance     i-0123456789abcdef0
      agent        up, busy: 1 job, 2 transfers, logins unknown
      autostop     failed: no
      autostop     terminates itself in 15 min, if nothing happens until then
      cost         $0.54 since it was started, at $0.25 an hour, the current spot price; disk and traffic not counted"
  `);
});

test("a stopped one, one that is gone, and one that is only an address", () => {
  const { startedAt: _, ...off } = machine;
  const address: DeployedHost = { ...host, kind: "address", instance_id: "", instance_type: "" };
  expect(text(host, { ...off, state: "stopped" }, none, price)).toMatchInlineSnapshot(`
    "accelerator-1  stopped (g6.xlarge)
      instance     i-0123456789abcdef0
      cost         its disk only"
  `);
  expect(text(host, { ...off, state: "gone", type: "" }, none, undefined)).toMatchInlineSnapshot(`
    "accelerator-1  gone (g6.xlarge)
      instance     i-0123456789abcdef0"
  `);
  expect(text(address, undefined, { agent: "down", agent_error: "refused" }, undefined)).toMatchInlineSnapshot(`
    "accelerator-1  unknown (not made by sallyport)
      agent        does not answer: refused"
  `);
});

test("a price is never made up", () => {
  expect(text(host, machine, up(idle), undefined)).toContain("price unknown: give --price g6.xlarge=USD");
  expect(hostStatus(host, { machine, agent: up(idle), price: undefined, now: NOW })).not.toHaveProperty("cost_usd");
});
