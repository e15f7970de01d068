/**
 * Ticks of the event loop. Requests that are read in one tick were under way before it began, so a look at a file is
 * valid for all of them: each could have been answered at that very moment. A change by this process ends the tick at
 * once, because the next request on the same connection must see it.
 */
let tick = 0;
let isCounting = false;

/** @returns the number of this tick. While it stays the same, nothing has been awaited. */
export function currentTick(): number {
  if (!isCounting) {
    isCounting = true;
    // Runs when everything that had arrived has been read.
    setImmediate(() => {
      isCounting = false;
      tick += 1;
    });
  }
  return tick;
}

/** Call it after every change to a file or a directory. */
export function endTick(): void {
  tick += 1;
}
