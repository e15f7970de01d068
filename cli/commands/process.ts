/** `sallyport process`: runs local or remote data through the accelerators of one or several hosts. */
import { basename, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { JobAnswer } from "../../client/agent/job-answers.js";
import type { SkippedEntry } from "../../client/process/inputs.js";
import type { Place } from "../../client/process/places.js";
import type { ManyOptions } from "../../client/process/process-many.js";
import type { ProcessEnvironment, Work } from "../../client/process/process-one.js";
import type { Context, Progress, Register } from "../context.js";
import { connectTo, type HostFlags, type HostTarget, resolveHost, withHostFlags } from "../host.js";

interface ProcessFlags extends HostFlags {
  readonly hosts?: string;
  readonly src: readonly string[];
  readonly dst?: string;
  readonly accelerator?: string;
  readonly parameters?: string;
  readonly detach: boolean;
  readonly timeout?: string;
}

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("process"))
    .description("run data through an accelerator; with several hosts, each input goes to the least busy one")
    .argument("[host]", "a deployed host or an address")
    .requiredOption("--src <from...>", "input: files, patterns or directories; or one host://DIR/PATH, or - for stdin")
    .option("--dst <to>", "output: a file, a directory, host://DIR/PATH, or - for stdout")
    .option("--hosts <a,b,c>", "hosts that share the inputs")
    .option("--accelerator <name>", "accelerator to use (default: the first of the host)")
    .option("--parameters <json>", "parameters of the accelerator, as JSON; @FILE reads them from a file")
    .option("--timeout <span>", 'give up on a job that takes longer, as in "90s" or "2h"; transfers do not count')
    .option("--detach", "submit the job, print its id, and do not wait", false)
    .addHelpText(
      "after",
      `
The job's program reads --src and writes --dst. Data in host://DIR/PATH stays on the host; the names are those of
"sallyport ls". Ctrl-C also ends the job on the host. An input that fails is retried once, on another host.
If a job is done but its output cannot be written here, both stay on the host for "sallyport jobs HOST ID --output FILE".

Examples:
  $ sallyport process accelerator-1 --src data.bin --dst data.bin.gz --accelerator gzip
  $ sallyport process accelerator-1 --src host://shared/in.bin --dst host://shared/out.bin --parameters '{"level": 9}'
  $ tar c model | sallyport process accelerator-1 --src - --dst - > model.out
  $ sallyport process --hosts accelerator-1,accelerator-2 --src 'in/*.bin' --dst out/
  $ sallyport process accelerator-1 --src big.bin --detach`,
    )
    .action(wrap(run));
};

async function run(context: Context, host: string | undefined, flags: ProcessFlags): Promise<number> {
  const errors = await import("../../client/process/errors.js");
  const { isMany } = await import("../../client/process/inputs.js");
  if (host !== undefined && flags.hosts !== undefined) throw errors.hostAndHosts();
  const names =
    host !== undefined ? [host] : [...new Set((flags.hosts ?? "").split(",").filter((name) => name !== ""))];
  if (names.length === 0) throw errors.noHost();
  if (flags.dst === undefined && !flags.detach) throw errors.noDestination();
  const timeout = flags.timeout === undefined ? undefined : await timeoutOf(flags.timeout);
  const many = names.length > 1 || (await isMany(flags.src, context.cwd));
  if (many && flags.detach) throw errors.detachedMany();
  // By the names as written: two of them may differ only in the port.
  const targets = await Promise.all(
    names.map(async (name) => ({ ...(await resolveHost(context, name, flags)), name })),
  );
  const [target] = targets;
  if (target === undefined) throw errors.noHost();
  if (many) return processInputs(context, targets, flags, timeout);
  await processInput(context, target, flags, timeout);
  return EXIT.ok;
}

interface Timeout {
  readonly text: string;
  readonly ms: number;
}

async function processInput(
  context: Context,
  target: HostTarget,
  flags: ProcessFlags,
  timeout: Timeout | undefined,
): Promise<void> {
  const errors = await import("../../client/process/errors.js");
  const { fileTarget, parsePlace, writesInto } = await import("../../client/process/places.js");
  const { processOne, submitOnly } = await import("../../client/process/process-one.js");
  const src = parsePlace(flags.src[0] ?? "", context.cwd);
  const dst = flags.dst === undefined ? undefined : await fileTarget(parsePlace(flags.dst, context.cwd), src);
  if (dst !== undefined && flags.detach && dst.kind !== "host") throw errors.detachedFile(flags.dst ?? "");
  if (src.kind === "file" && dst?.kind === "file" && (await writesInto(src.path, dst.path)))
    throw errors.overwritesInput(src.path);
  const work: Work = { src, dst, ...(await wanted(context, flags)) };
  const client = await connectTo(target, context);
  const lines = progressLines(context, shortName(src));
  try {
    const around = surroundings(context, target, client, timeout);
    if (flags.detach) {
      const job = await submitOnly(work, { ...around, onSend: lines.onSend });
      lines.done();
      context.print({ host: target.name, job }, () => job.id);
      context.note(`the job runs on the host: "sallyport jobs ${target.name} ${job.id}" shows its state`);
      return;
    }
    const started = performance.now();
    const { job, ...output } = await processOne(work, { ...around, ...lines });
    lines.done();
    const seconds = secondsSince(started);
    const where = dst?.kind === "file" ? dst.path : dst?.kind === "host" ? dst.url : "-";
    if (where === "-") return;
    context.print({ host: target.name, dst: where, seconds, ...output, job }, () => {
      const size = output.size ?? job.output_bytes;
      return [where, size === undefined ? "" : `${size} bytes`, output.sha256 ? `SHA-256 ${output.sha256}` : ""]
        .filter(Boolean)
        .join("  ");
    });
  } finally {
    lines.done();
    client.close();
  }
}

async function processInputs(
  context: Context,
  targets: readonly HostTarget[],
  flags: ProcessFlags,
  timeout: Timeout | undefined,
): Promise<number> {
  const { manyNeedFiles } = await import("../../client/process/errors.js");
  const { checkOutputs, findInputs, skippedText } = await import("../../client/process/inputs.js");
  const { parsePlace } = await import("../../client/process/places.js");
  const { processOne } = await import("../../client/process/process-one.js");
  const { processMany } = await import("../../client/process/process-many.js");
  const { resultsText } = await import("../../client/process/job-text.js");
  const { resultsDocument } = await import("../../client/process/results.js");
  const dst = flags.dst ?? "";
  if (parsePlace(dst, context.cwd).kind !== "file") throw manyNeedFiles(dst);
  const outDir = resolve(context.cwd, dst);
  const skipped: SkippedEntry[] = [];
  const finding = findInputs(flags.src, context.cwd, (entry) => skipped.push(entry));
  const inputs = await finding.finally(() => {
    if (skipped.length > 0) context.warn(skippedText(skipped, context.cwd));
  });
  await checkOutputs(inputs, outDir);
  const asked = await wanted(context, flags);
  const pool = await Promise.all(
    targets.map(async (target) => ({ name: target.name, target, client: await connectTo(target, context) })),
  );
  const line = context.progress("process");
  const started = performance.now();
  try {
    const results = await processMany(
      inputs,
      pool,
      defined<ManyOptions>({
        accelerator: asked.accelerator,
        signal: context.signal,
        warn: (text) => context.warn(text),
        onChange: ({ done, failed, running, total }) =>
          line.update(`${done} of ${total} done, ${running} under way${failed === 0 ? "" : `, ${failed} failed`}`),
        process: (work, input, { name, client }) => {
          const target = targets.find((each) => each.name === name);
          if (target === undefined) throw new Error(`no host ${name}`);
          const src: Place = { kind: "file", path: input.path };
          const to: Place = { kind: "file", path: resolve(outDir, input.name) };
          // Another host finishes the input sooner than a lost one comes back.
          const around = { ...surroundings(context, target, client, timeout), retries: 3 };
          return processOne({ ...asked, ...work, src, dst: to }, around);
        },
      }),
    );
    line.done();
    const document = resultsDocument(results, outDir, secondsSince(started));
    context.print(document, () => resultsText(results));
    return document.failed === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    line.done();
    for (const { client } of pool) client.close();
  }
}

async function wanted(context: Context, { accelerator, parameters }: ProcessFlags) {
  const { readParameters } = await import("../../client/process/places.js");
  return defined({
    accelerator,
    parameters: parameters === undefined ? undefined : await readParameters(parameters, context.cwd),
  });
}

function surroundings(
  context: Context,
  target: HostTarget,
  client: ProcessEnvironment["client"],
  timeout: Timeout | undefined,
): ProcessEnvironment {
  return defined({
    host: target.name,
    client,
    // Ctrl-C must not end this client: it cleans up afterwards.
    lastClient: () => connectTo(target, { ...context, signal: new AbortController().signal }),
    signal: context.signal,
    timeout,
  });
}

const secondsSince = (started: number) => Math.round(performance.now() - started) / 1000;

async function timeoutOf(text: string): Promise<Timeout> {
  const { parseDuration } = await import("../../base/text/duration.js");
  return { text, ms: parseDuration(text) };
}

/** One progress line for each phase: send, run, fetch. */
function progressLines(context: Context, name: string) {
  let line: Progress | undefined;
  let part = "";
  const show = (next: string, total: number | undefined): Progress => {
    if (part !== next) line?.done();
    if (part !== next || line === undefined) line = context.progress(`${next} ${name}`, total);
    part = next;
    return line;
  };
  return {
    onSend: (done: number, total: number | undefined) => show("send", total).update(done),
    onState: ({ state, progress }: JobAnswer) => {
      if (state !== "queued" && state !== "running") return;
      const share = progress === undefined ? "" : `  ${Math.floor(progress * 100)}%`;
      show("run", undefined).update(state === "queued" ? "queued" : `running${share}`);
    },
    onFetch: (done: number, total: number | undefined) => show("fetch", total).update(done),
    done: () => line?.done(),
  };
}

function shortName(src: Place): string {
  if (src.kind === "stream") return "stdin";
  return basename(src.kind === "file" ? src.path : decodeURIComponent(src.url));
}
