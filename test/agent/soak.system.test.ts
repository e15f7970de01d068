/** The soak of bench/agent in small: every abuse beside honest load, on the bundled agent. */
import { beforeAll, expect, test } from "vitest";
import { type SoakReport, soak } from "../../bench/agent/soak-run.js";
import { BUNDLED_AGENT } from "./support/program.js";

let report: SoakReport;

beforeAll(async () => {
  report = await soak({ seconds: 20, idle: 100, agent: BUNDLED_AGENT, node: process.execPath });
});

test("no honest request fails and no idle connection is lost while 24 kinds of abuse go on", () => {
  expect([...report.honest.keys()]).toEqual(["small", "large", "put", "job", "idle"]);
  for (const [name, { done, failures }] of report.honest) {
    expect([name, failures]).toEqual([name, []]);
    expect(done).toBeGreaterThan(0);
  }
  expect([...report.abuse.values()].filter(({ times }) => times > 0).length).toBeGreaterThan(15);
});

test("memory stays within what the buffers of these transfers take", () => {
  // Twenty seconds are too short for "flat": that is the ten minutes of bench/agent/soak.ts.
  expect(report.rss.last).toBeLessThan(report.rss.first + 150);
});
