/** Processes many inputs on several hosts. schedule.ts decides which input goes to which host. */

import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";
import type { AgentClient } from "../agent/agent-client.js";
import { noHostLeft, noSuchAccelerator, OutputNotFetched } from "./errors.js";
import type { InputFile } from "./inputs.js";
import type { Processed, Work } from "./process-one.js";
import { type HostLoad, hasChance, nextStart } from "./schedule.js";

export interface PoolHost {
  readonly name: string;
  readonly client: AgentClient;
}

export interface Result {
  readonly input: InputFile;
  /** The last host that it was tried on. */
  readonly host?: string;
  readonly tries: number;
  readonly done?: Processed;
  readonly error?: Fault;
}

export interface ManyOptions {
  readonly accelerator?: string;
  readonly signal: AbortSignal;
  readonly process: (work: Pick<Work, "accelerator">, input: InputFile, host: PoolHost) => Promise<Processed>;
  /** Called after each change, with the current counts. */
  readonly onChange: (state: { done: number; failed: number; running: number; total: number }) => void;
  readonly warn: (line: string) => void;
}

interface Host extends HostLoad {
  readonly at: PoolHost;
  concurrency: number;
  others: number;
  ours: number;
  isDown: boolean;
}

interface Waiting {
  readonly input: InputFile;
  readonly tried: string[];
  error?: Fault;
}

/** Minimum milliseconds between two load queries to the hosts. */
const FRESH_MS = 2_000;
const ASK_MS = 10_000;

/** @returns one result per input, in their order. @throws only if it was interrupted or no host can be used. */
export async function processMany(
  inputs: readonly InputFile[],
  pool: readonly PoolHost[],
  options: ManyOptions,
): Promise<Result[]> {
  const hosts = pool.map((at): Host => ({ at, name: at.name, concurrency: 1, others: 0, ours: 0, isDown: false }));
  const waiting = inputs.map((input): Waiting => ({ input, tried: [] }));
  const running = new Set<Promise<void>>();
  const results = new Map<InputFile, Result>();
  let askedAt = Number.NEGATIVE_INFINITY;
  let firstFault: Fault | undefined;

  const changed = () => {
    const ended = [...results.values()];
    const done = ended.filter((result) => result.done !== undefined).length;
    options.onChange({ done, failed: ended.length - done, running: running.size, total: inputs.length });
  };
  const goesDown = (host: Host, fault: Fault) => {
    if (host.isDown) return;
    host.isDown = true;
    firstFault ??= fault;
    options.warn(`${host.name} gets nothing more: ${fault.message}`);
  };
  const ask = async () => {
    if (performance.now() - askedAt < FRESH_MS) return;
    const asking = hosts
      .filter(({ isDown }) => !isDown)
      .map((host) => askLoad(host, options).catch((error) => goesDown(host, faultOf(error))));
    await Promise.all(asking);
    askedAt = performance.now();
  };
  const start = async (item: Waiting, host: Host) => {
    host.ours += 1;
    item.tried.push(host.name);
    const { input, tried } = item;
    try {
      const work = options.accelerator === undefined ? {} : { accelerator: options.accelerator };
      results.set(input, {
        input,
        host: host.name,
        tries: tried.length,
        done: await options.process(work, input, host.at),
      });
    } catch (error) {
      if (options.signal.aborted) throw error;
      const fault = faultOf(error);
      if (isOfHost(fault)) goesDown(host, fault);
      // An output that is waiting on a host is worth more than the reason of a later failure.
      if (!(item.error instanceof OutputNotFetched)) item.error = fault;
      if (!isLocal(fault) && hasChance(item, hosts)) waiting.push(item);
      else results.set(input, { input, host: host.name, tries: tried.length, error: item.error });
    } finally {
      host.ours -= 1;
    }
  };

  for (;;) {
    await ask();
    options.signal.throwIfAborted();
    for (let next = nextStart(waiting, hosts); next !== undefined; next = nextStart(waiting, hosts)) {
      const { input: item, host } = next;
      waiting.splice(waiting.indexOf(item), 1);
      const run: Promise<void> = start(item, host).finally(() => running.delete(run));
      running.add(run);
      // Interruptions surface where all of these promises are awaited.
      run.catch(() => undefined);
    }
    for (const item of waiting.filter((each) => !hasChance(each, hosts))) {
      waiting.splice(waiting.indexOf(item), 1);
      const { input, tried } = item;
      const host = tried.at(-1);
      results.set(
        input,
        defined({
          input,
          tries: tried.length,
          error: item.error ?? noHostLeft(),
          host,
        }),
      );
    }
    changed();
    if (running.size === 0) break;
    await Promise.race(running).catch(async (error) => {
      // Each run ends its own job before the command ends.
      await Promise.allSettled(running);
      throw error;
    });
  }
  const all = inputs.flatMap((input) => results.get(input) ?? []);
  if (firstFault !== undefined && all.every(({ tries }) => tries === 0)) throw firstFault;
  return all;
}

async function askLoad(host: Host, { accelerator, signal }: ManyOptions): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
  const answer = await host.at.client.jobs.accelerators({ signal: limit });
  const name = accelerator ?? answer.default;
  const found = answer.accelerators.find((each) => each.name === name);
  if (found === undefined) throw noSuchAccelerator(host.name, name);
  host.concurrency = Math.max(1, found.concurrency);
  host.others = Math.max(0, found.running + found.queued - host.ours);
}

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault("cli/unexpected", errorText(error), { cause: error });
}

const OUT_OF_REACH = new Set([
  "broken",
  "refused",
  "no-answer",
  "unreachable",
  "unknown-host",
  "not-tls",
  "not-the-agent",
]);

/** Whether the fault concerns the host as a whole rather than this one input. */
function isOfHost({ code, exit }: Fault): boolean {
  return (
    exit === EXIT.auth ||
    code === "cli/no-accelerator" ||
    (code.startsWith("client/") && OUT_OF_REACH.has(code.slice(7)))
  );
}

/** Whether the fault lies on this machine: another host would not help. */
function isLocal({ code }: Fault): boolean {
  return /^(client|cli)\/local-/.test(code) || code === "client/parameters-too-long";
}
