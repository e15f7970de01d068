/** What each scene is told. */
export interface SceneOptions {
  readonly rounds: number;
  /** A directory of this run, removed after it. */
  readonly dir: string;
  /** Where the bundled daemon lies. */
  readonly runtime: string;
}

/** The order of a round: who begins changes, so that nobody always has the quiet or the warm turn. */
export function inTurn<T>(contestants: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...contestants] : [...contestants].reverse();
}
