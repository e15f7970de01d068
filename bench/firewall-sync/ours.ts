/** Our side: `sync()` on each job that comes in, timed from the call to its report. */
import { createInterface } from "node:readline";
import { connectEc2 } from "../../firewall/security-group/ec2.js";
import { type SyncTarget, sync } from "../../firewall/security-group/sync.js";
import type { Job, JobTiming } from "./job.js";

const ec2 = connectEc2();
for await (const line of createInterface({ input: process.stdin })) {
  const { groups, prefixList, after } = JSON.parse(line) as Job;
  const targets: SyncTarget[] = groups.map(({ id, ports }) => ({
    kind: "group",
    groupId: id,
    ports: ports.map((port) => ({ from: port, to: port })),
  }));
  if (prefixList !== undefined) targets.push({ kind: "prefix-list", prefixListId: prefixList });
  const start = performance.now();
  await sync({ ec2, addresses: after, targets, owner: "bench" });
  const timing: JobTiming = { seconds: (performance.now() - start) / 1000 };
  process.stdout.write(`${JSON.stringify(timing)}\n`);
}
