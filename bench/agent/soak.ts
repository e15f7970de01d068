/**
 * Minutes of mixed honest load with every abuse beside it, and 1,000 connections that do nothing most of the
 * time. Ends with 1 where an honest request failed, an idle connection was lost, or memory grew.
 *
 *   node --import tsx bench/agent/soak.ts [--minutes 10] [--idle 1000] [--agent FILE] [--node FILE]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type SoakReport, soak } from "./soak-run.js";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    idle: { type: "string", default: "1000" },
    agent: { type: "string", default: join(import.meta.dirname, "../../dist/runtime/agent.mjs") },
    node: { type: "string", default: process.execPath },
  },
});

/** Of the first minute after the warm-up. */
const GROWTH = 0.2;

function print({ honest, abuse, rss }: SoakReport): void {
  console.log("\n| honest | done | failed |\n|---|---|---|");
  for (const [name, { done, failures }] of honest) console.log(`| ${name} | ${done} | ${failures.length} |`);
  console.log("\n| abuse | times | last answer |\n|---|---|---|");
  for (const [name, { times, answer }] of abuse) console.log(`| ${name} | ${times} | ${answer || "closed"} |`);
  const { first, last, minutes } = rss;
  console.log(`\nresident memory: ${first.toFixed(0)} MiB after the warm-up, ${last.toFixed(0)} MiB at the end`);
  console.log(`minute by minute: ${minutes.map((mib) => mib.toFixed(0)).join(" ")}`);
}

const seconds = Number(flags.minutes) * 60;
const report = await soak({ seconds, idle: Number(flags.idle), agent: flags.agent, node: flags.node });
print(report);
const failures = [...report.honest.values()].flatMap((one) => one.failures);
for (const failure of new Set(failures)) {
  console.error(`failed ${failures.filter((one) => one === failure).length} times: ${failure}`);
}
const grew = report.rss.last > report.rss.first * (1 + GROWTH);
if (grew) console.error("failed: memory grew by more than 20 %");
process.exit(failures.length > 0 || grew ? 1 : 0);
