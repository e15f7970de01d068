/**
 * Turns of the event loop. Requests that are read in one turn were on their way before it began, so what was
 * seen of a file once in a turn is good for all of them: each could have been answered at that very moment.
 * What this process itself changes ends the turn at once, because the next request of the same connection
 * must see it.
 */
let turn = 0;
let isCounting = false;

/** The number of this turn: where it is the same, nothing has been waited for in between. */
export function thisTurn(): number {
  if (!isCounting) {
    isCounting = true;
    // Runs as soon as all that had arrived is read.
    setImmediate(() => {
      isCounting = false;
      turn += 1;
    });
  }
  return turn;
}

/** To be called by whoever has changed a file or a directory. */
export function endTurn(): void {
  turn += 1;
}
