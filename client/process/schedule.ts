/**
 * Assigns inputs to hosts. Pure: the hosts' loads and the results of the inputs are parameters.
 *
 * - The least busy host comes first. Load is the number of jobs waiting or running there, ours and others', divided by
 *   the number that the host runs at once.
 * - A host gets at most as many of our jobs as it runs at once, plus one that waits, so that the next starts without a
 *   pause.
 * - A failed input is tried once more, on another host, and never twice on the same one.
 * - A host that is down gets no further inputs.
 */

export interface HostLoad {
  readonly name: string;
  /** Number of jobs that it runs at once. */
  readonly concurrency: number;
  /** Other users' jobs waiting or running there. */
  readonly others: number;
  /** Our jobs waiting or running there. */
  readonly ours: number;
  readonly isDown: boolean;
}

export interface WaitingInput {
  /** Names of the hosts that were tried. */
  readonly tried: readonly string[];
}

/** Attempts for each input in total. */
export const MAX_TRIES = 2;

/** @returns the first input that some host can take now, and the least busy of those hosts. */
export function nextStart<I extends WaitingInput, H extends HostLoad>(
  waiting: readonly I[],
  hosts: readonly H[],
): { readonly input: I; readonly host: H } | undefined {
  const free = hosts.filter((host) => !host.isDown && host.ours <= host.concurrency);
  for (const input of waiting) {
    const host = free.filter(({ name }) => !input.tried.includes(name)).reduce<H | undefined>(lessBusy, undefined);
    if (host !== undefined) return { input, host };
  }
  return undefined;
}

/** Whether some host may still take it, now or later. */
export function hasChance({ tried }: WaitingInput, hosts: readonly HostLoad[]): boolean {
  return tried.length < MAX_TRIES && hosts.some(({ name, isDown }) => !isDown && !tried.includes(name));
}

/** The first of two equals. */
function lessBusy<H extends HostLoad>(best: H | undefined, host: H): H {
  return best === undefined || busyness(host) < busyness(best) ? host : best;
}

function busyness({ others, ours, concurrency }: HostLoad): number {
  return (others + ours) / concurrency;
}
