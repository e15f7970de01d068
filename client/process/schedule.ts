/**
 * Which input goes to which host. Pure: what the hosts said and what became of the inputs are values.
 *
 * - The least busy host first: jobs that wait or run there, ours and others', for each job it does at once.
 * - No more of ours on a host than it does at once, and one that waits so that the next starts without a pause.
 * - An input that failed is tried once more, on another host; never twice on the same one.
 * - A host that is down gets nothing more.
 */

export interface HostLoad {
  readonly name: string;
  /** Jobs it does at once. */
  readonly concurrency: number;
  /** Jobs of others that wait or run there. */
  readonly others: number;
  /** Ours that wait or run there. */
  readonly ours: number;
  readonly isDown: boolean;
}

export interface WaitingInput {
  /** Names of the hosts that it was tried on. */
  readonly tried: readonly string[];
}

/** In all. */
export const MAX_TRIES = 2;

/** @returns the first input that some host can take now, and the least busy one of those hosts. */
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

/** Of equals, the first. */
function lessBusy<H extends HostLoad>(best: H | undefined, host: H): H {
  return best === undefined || busyness(host) < busyness(best) ? host : best;
}

function busyness({ others, ours, concurrency }: HostLoad): number {
  return (others + ours) / concurrency;
}
