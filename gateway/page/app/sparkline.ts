/** Draws traffic over time as the text of one SVG path. Pure. */

export interface Minute {
  /** Start of the minute, milliseconds since 1970. */
  readonly minute: number;
  readonly bytes: number;
}

/** How far the line reaches back. */
const SPAN_MS = 60 * 60_000;
export const BARS = 30;
export const HEIGHT = 24;
export const STEP = 4;

/** Bytes of equal parts of the last hour, oldest first. */
export function bars(minutes: readonly Minute[], now: number): number[] {
  const each = SPAN_MS / BARS;
  const end = Math.ceil((now + 1) / each) * each;
  const sums = new Array<number>(BARS).fill(0);
  for (const { minute, bytes } of minutes) {
    const index = Math.floor((minute - (end - SPAN_MS)) / each);
    if (index >= 0 && index < BARS) sums[index] = (sums[index] ?? 0) + bytes;
  }
  return sums;
}

/** Heights grow with the square root, so that a short login is visible beside a large copy. */
export function path(sums: readonly number[]): string {
  const most = Math.max(1, ...sums);
  return sums
    .map((sum, index) => {
      const height = sum === 0 ? 1 : Math.max(2.5, Math.sqrt(sum / most) * HEIGHT);
      return `M${index * STEP} ${HEIGHT}v-${Number(height.toFixed(1))}h3v${Number(height.toFixed(1))}z`;
    })
    .join("");
}
