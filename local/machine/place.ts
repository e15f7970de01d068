/** A place to run programs: this machine, or an outside machine of the emulated Internet. */
import { type RunOptions, type RunResult, run } from "../../base/process/run.js";
import { withParentDeath } from "../../base/process/spawn.js";
import { roomProgram } from "../../base/tools.js";
import type { ProbeResult } from "../network/probe-port.js";

export interface Place {
  readonly name: string;
  run(program: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

export const thisMachine: Place = {
  name: "this machine",
  run: (program, args, options = {}) => {
    const [first = "", ...rest] = withParentDeath([program, ...args]);
    return run(first, rest, { shownAs: [program, ...args].join(" "), ...options });
  },
};

/** Probes all `ports` of `host` at once. */
export async function probePorts(
  place: Place,
  host: string,
  ports: readonly number[],
  options: { readonly patience?: number; readonly signal?: AbortSignal } = {},
): Promise<ProbeResult[]> {
  const [program = "", ...args] = roomProgram("local/machine/probe-main");
  const all = [...args, host, String(options.patience ?? 3000), ...ports.map(String)];
  const { stdout } = await place.run(program, all, options.signal === undefined ? {} : { signal: options.signal });
  return JSON.parse(stdout) as ProbeResult[];
}
