/** Parses the two timestamp formats of syslog daemons to milliseconds since 1970. */

export interface TimestampOptions {
  /** IANA zone of timestamps without one. @default - the zone of this process */
  readonly zone?: string;
  readonly now?: () => number;
}

export interface Timestamp {
  readonly time: number;
  /** Index of the first character after it. */
  readonly end: number;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** How far another clock may be ahead of ours. */
const AHEAD_MS = 86_400_000;
const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?(?= |$)/;

/** @returns a parser that remembers the last timestamp: neighbours share their second. */
export function timestampReader(options: TimestampOptions = {}): (line: string) => Timestamp | undefined {
  const offsetAt = zoneOffset(options.zone);
  const now = options.now ?? Date.now;
  let second = "";
  let zone = "";
  let base = 0;

  function readIso(line: string): Timestamp | undefined {
    const end = line.indexOf(" ");
    const whole = end === -1 ? line.length : end;
    // "2018-11-01T09:30:56.693495-04:00": neighbours differ only in the fraction.
    const dot = line.charCodeAt(19) === 46 ? digitsEnd(line, 20) : 19;
    if (dot > 20 && line.startsWith(second) && second !== "" && line.slice(dot, whole) === zone) {
      return { time: base + fractionMs(line.slice(20, dot)), end: whole };
    }
    const match = ISO.exec(line);
    if (match === null) return undefined;
    const [text, year, month, day, hour, minute, secondOf, fraction = "", offset = ""] = match;
    const wall = wallMs(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(secondOf));
    if (wall === undefined) return undefined;
    const shift = offset === "" ? undefined : offsetMs(offset);
    if (Number.isNaN(shift)) return undefined;
    base = shift === undefined ? fromWall(wall, offsetAt) : wall - shift;
    second = text.slice(0, 19);
    zone = offset;
    return { time: base + fractionMs(fraction), end: text.length };
  }

  let traditional = "";
  let traditionalTime = 0;
  let asOf = 0;

  function readTraditional(line: string): Timestamp | undefined {
    // The year depends on the current time. A minute is short enough to reuse the answer.
    const at = now();
    if (traditional !== "" && line.startsWith(traditional) && at - asOf < 60_000)
      return { time: traditionalTime, end: 15 };
    const match = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?= |$)/.exec(line);
    if (match === null) return undefined;
    const [text, name = "", day, hour, minute, secondOf] = match;
    const month = MONTHS.indexOf(name) / 3;
    if (!Number.isInteger(month) || month < 0) return undefined;
    const year = new Date(at + AHEAD_MS).getUTCFullYear() + 1;
    // The latest such moment that is not in the future; February 29 may be years ago.
    for (let back = 0; back < 9; back += 1) {
      const wall = wallMs(year - back, month, Number(day), Number(hour), Number(minute), Number(secondOf));
      const time = wall === undefined ? undefined : fromWall(wall, offsetAt);
      if (time === undefined || time > at + AHEAD_MS) continue;
      traditional = text;
      traditionalTime = time;
      asOf = at;
      return { time, end: 15 };
    }
    return undefined;
  }

  return (line) => {
    const first = line.charCodeAt(0);
    return first >= 48 && first <= 57 ? readIso(line) : readTraditional(line);
  };
}

/** @returns undefined if the calendar or the clock has no such moment. */
function wallMs(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  // 60 is a leap second: the kernel's clock repeats second 59.
  if (month < 0 || month > 11 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const wall = Date.UTC(year, month, day, hour, minute, Math.min(second, 59));
  return new Date(wall).getUTCDate() === day ? wall : undefined;
}

function offsetMs(text: string): number {
  if (text === "Z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Milliseconds, truncated, so that no record moves into the next second. */
const fractionMs = (digits: string) => Number(digits.slice(0, 3).padEnd(3, "0"));

function digitsEnd(line: string, from: number): number {
  let end = from;
  while (line.charCodeAt(end) >= 48 && line.charCodeAt(end) <= 57) end += 1;
  return end;
}

/** When clocks go back, the earlier of the two moments. */
function fromWall(wall: number, offsetAt: (time: number) => number): number {
  const before = wall - offsetAt(wall - 86_400_000);
  const after = wall - offsetAt(wall + 86_400_000);
  const fits = [before, after].filter((time) => time + offsetAt(time) === wall);
  return fits.length === 0 ? before : Math.min(...fits);
}

/** @returns the milliseconds by which `zone` is ahead of UTC at a time. @throws RangeError for an unknown zone. */
function zoneOffset(zone: string | undefined): (time: number) => number {
  if (zone === undefined) return (time) => -new Date(time).getTimezoneOffset() * 60_000;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (time) => {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
}
