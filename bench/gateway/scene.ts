/** The options of every scene. */
export interface SceneOptions {
  readonly rounds: number;
  /** A directory of this run, removed after it. */
  readonly dir: string;
  /** Directory of the bundled daemon. */
  readonly runtime: string;
}

/** The order of a round. The first contestant alternates, so that none always gets the quiet or the warm turn. */
export function inTurn<T>(contestants: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...contestants] : [...contestants].reverse();
}
