/** Formats numbers and times for people. Pure. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** In powers of 1000: "0 B", "1.5 kB", "12 MB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[unit]}`;
}

const SPANS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
] as const;

/** A length of time in its largest unit: "3 hours", "less than a minute". */
export function span(ms: number): string {
  for (const [seconds, word] of SPANS) {
    const count = Math.floor(ms / 1000 / seconds);
    if (count >= 1) return `${count} ${word}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}

export const ago = (at: number, now: number) => (now - at < 60_000 ? "just now" : `${span(now - at)} ago`);

/** "in 3 hours"; "now" for a time in the past. */
export const ahead = (at: number, now: number) => (at <= now ? "now" : `in ${span(at - now)}`);

const HOUR_AND_MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** A time of today by its hour and minute, any other with its date, and its year if it is another one. */
export function clock(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  if (isToday) return new Date(at).toLocaleString(undefined, HOUR_AND_MINUTE);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const day = { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" as const }) } as const;
  return new Date(at).toLocaleString(undefined, { ...day, ...HOUR_AND_MINUTE });
}

/** The label of an axis: the day if there is one tick a day, else hour and minute. */
export function tickText(at: number, tickMs: number): string {
  const parts = tickMs >= 86_400_000 ? ({ weekday: "short", day: "numeric" } as const) : HOUR_AND_MINUTE;
  return new Date(at).toLocaleString(undefined, parts);
}
