/** `sallyport jobs HOST` and `sallyport accelerators HOST`. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { JobSummary } from "../../client/agent/job-answers.js";
import type { Context, Register } from "../context.js";
import { usage } from "../flags.js";
import { type HostFlags, withHost, withHostFlags } from "../host.js";

interface JobsFlags extends HostFlags {
  readonly cancel?: string;
  readonly remove?: string;
  readonly output?: string;
  readonly accelerator?: string;
  readonly state?: JobSummary["state"];
  readonly limit: string;
}

const STATES = ["queued", "running", "done", "failed", "cancelled"];

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("jobs"))
    .description("list the jobs of a host, or show, cancel or remove one")
    .argument("<host>", "a deployed host or an address")
    .argument("[id]", "job to show")
    .option("--output <file>", 'write the output of job ID to a file, or "-" for stdout')
    .option("--cancel <id>", "cancel a job")
    .option("--remove <id>", "cancel a job and delete it with its output")
    .option("--accelerator <name>", "list only jobs of this accelerator")
    .option("--state <state>", `list only jobs in this state: ${STATES.join(", ")}`)
    .option("--limit <number>", "maximum number of jobs to list", "100")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport jobs accelerator-1
  $ sallyport jobs accelerator-1 --state running --json
  $ sallyport jobs accelerator-1 01936f0c1a2b0000a1b2c3d4e5f60718 --output result.bin
  $ sallyport jobs accelerator-1 --cancel 01936f0c1a2b0000a1b2c3d4e5f60718`,
    )
    .action(wrap(run));
  withHostFlags(program.command("accelerators"))
    .description("list the accelerators of a host, their load, and its devices")
    .argument("<host>", "a deployed host or an address")
    .addHelpText("after", "\nExample:\n  $ sallyport accelerators accelerator-1")
    .action(wrap(accelerators));
};

async function run(context: Context, host: string, id: string | undefined, flags: JobsFlags): Promise<void> {
  const { jobsText, jobText } = await import("../../client/process/job-text.js");
  const { cancel, remove, output } = flags;
  if ([cancel, remove, output].filter((flag) => flag !== undefined).length > 1) throw oneAtATime();
  if (output !== undefined && id === undefined) throw whichJob();
  const filter = output === undefined && id === undefined ? filterOf(flags) : {};
  await withHost(context, host, flags, async ({ jobs }) => {
    if (cancel !== undefined) {
      const job = await jobs.cancel(cancel);
      return context.print(job, () => jobText(job, new Date()));
    }
    if (remove !== undefined) {
      await jobs.remove(remove);
      return context.print({ id: remove, removed: true }, () => `removed ${remove}`);
    }
    if (id === undefined) {
      const found = await jobs.list(filter);
      return context.print({ jobs: found }, () => jobsText(found, new Date()));
    }
    if (output !== undefined) {
      const { isStandardOutput } = await import("../../client/agent/transfer/destination.js");
      const file = resolve(context.cwd, output);
      if (output === "-" || isStandardOutput(file)) return void (await jobs.output(id, process.stdout));
      const got = await jobs.download(id, file);
      return context.print({ id, file, ...got }, () => `${file}  ${got.size} bytes  SHA-256 ${got.sha256}`);
    }
    const job = await jobs.get(id);
    context.print(job, () => jobText(job, new Date()));
  });
}

async function accelerators(context: Context, host: string, flags: HostFlags): Promise<void> {
  const { acceleratorsText } = await import("../../client/process/job-text.js");
  await withHost(context, host, flags, async ({ jobs }) => {
    context.print(await jobs.accelerators(), acceleratorsText);
  });
}

function filterOf({ accelerator, state, limit }: JobsFlags) {
  if (state !== undefined && !STATES.includes(state))
    throw usage("bad-state", `--state is "${state}"`, `write one of ${STATES.join(", ")}`);
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1)
    throw usage("bad-limit", `--limit is "${limit}"`, "write a whole number, at least 1");
  return defined({
    limit: most,
    accelerator,
    state,
  });
}

const oneAtATime = () =>
  usage("one-at-a-time", "--output, --cancel and --remove exclude each other", "use one of them");

const whichJob = () => usage("which-job", "--output needs the id of a job", "sallyport jobs HOST ID --output FILE");
