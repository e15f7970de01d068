/**
 * An engine as a process of its own, to be killed: `driver.mjs BASE LOG JOBS CONCURRENCY`. Told a line,
 * it starts and prints `{"ready":[…]}` with the jobs that an earlier run left. Told another, it forgets those that
 * have ended, goes on with the others, and submits more at once, until JOBS of them wait. It prints `{"accepted":ID}`
 * for each as it is promised, `{"over":[ID,STATE]}` as it ends, and `{"idle":true}` after the last; with its stdin it
 * ends itself.
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { Temporaries } from "../../../../agent/files/temporaries.js";
import { openRoots } from "../../../../agent/guard/roots.js";
import { sweep } from "../../../../agent/guard/sweep.js";
import { startEngine } from "../../../../agent/jobs/start-engine.js";
import { hasEnded, type Job } from "../../../../agent/jobs/types.js";
import { parseConfig } from "../../../../agent/settings/parse.js";

const [base = "", log = "", count = "", concurrency = ""] = process.argv.slice(2);
const say = (what: object) => console.log(JSON.stringify(what));
mkdirSync(join(base, "shared"), { recursive: true });
// Its id is written by one append, then it forks a child that left the session, works, and leaves files behind.
const program = `echo "$SALLYPORT_JOB_ID" >> "$0"
  setsid sleep 0.$(($$ % 2))$(($$ % 7)) &
  echo scratch > scratch; mkdir -m 0 closed; cat; sleep 0.00$(($$ % 9)); wait`;
const config = parseConfig(
  JSON.stringify({
    name: "driver",
    tls: false,
    authorized_host_dirs: [{ name: "shared", path: join(base, "shared") }],
    jobs_dir: join(base, "jobs"),
    accelerators: { work: { filter: ["/bin/sh", "-c", program, log], concurrency: Number(concurrency) } },
  }),
  "agent.yaml",
);
await once(process.stdin, "data");
const roots = openRoots(config.authorized_host_dirs, {});
const temporaries = new Temporaries(config.name);
const engine = await startEngine(config, {
  env: { HOME: base, PATH: process.env.PATH },
  log: pino({ base: null }, { write: () => undefined }),
  roots,
  temporaries,
});
// As the agent does: outputs that were on their way into an authorized directory.
for (const root of roots) await sweep(root, temporaries.prefix, (name) => temporaries.isLive(name));
const reasonOf = (job: Job) => (job.state === "failed" ? job.failure.reason : undefined);
say({ ready: engine.list().map((job) => ({ id: job.id, state: job.state, reason: reasonOf(job) })) });
process.stdin.once("end", () => void engine.close().then(() => process.exit(0)));
await once(process.stdin, "data");
const left = engine.list().filter((job) => !hasEnded(job));
const over = engine.list().filter(hasEnded);
await Promise.all(over.map(({ id }) => engine.remove(id)));

async function tellEnd(id: string): Promise<void> {
  const end = await new Promise<Job>((resolve) => {
    const look = (now: Job | undefined) => {
      if (now !== undefined && hasEnded(now)) resolve(now);
    };
    engine.follow(id, look);
    look(engine.get(id));
  });
  say({ over: [end.id, end.state] });
}

async function submit(index: number): Promise<void> {
  const job = await engine.submit({
    accelerator: "work",
    phase: "process",
    parameters: {},
    // Half of them publish into the authorized directory.
    output: index % 2 === 0 ? { kind: "private" } : { kind: "host", directory: "shared", names: [`out-${index}`] },
  });
  say({ accepted: job.id });
  await tellEnd(job.id);
}

const earlier = left.map(({ id }) => tellEnd(id));
engine.resume();
await Promise.all([
  ...earlier,
  ...Array.from({ length: Math.max(1, Number(count) - left.length) }, (_, n) => submit(n)),
]);
say({ idle: true });
