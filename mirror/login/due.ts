/** When a token is due for renewal: before it ends, and not at the same time on every machine. Pure. */

const HOUR_MS = 3_600_000;

export interface Span {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * A third of the lifetime before the end, but at most two hours, and up to a third of that earlier at random: machines
 * that logged in together then renew at different times.
 *
 * @param random in [0, 1).
 * @returns milliseconds since 1970.
 */
export function dueAt({ issuedAt, expiresAt }: Span, random: number): number {
  const lead = Math.min(Math.max(expiresAt - issuedAt, 0) / 3, 2 * HOUR_MS);
  return expiresAt - lead - (random * lead) / 3;
}

/** The wait after the nth failure in a row: 30 s, doubled each time up to 15 min, less up to a half at random. */
export function retryAfter(failures: number, random: number): number {
  const full = Math.min(30_000 * 2 ** Math.max(failures - 1, 0), 15 * 60_000);
  return full * (1 - random / 2);
}

/** A login's own random number, the same in every run of a timer: the FNV-1a hash of a text that identifies it. */
export function chanceOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

/** `11 h 59 min`, `4 min`, `expired`. */
export function leftText(milliseconds: number): string {
  if (milliseconds <= 0) return "expired";
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
