/** Dates in headers (RFC 9110, 5.6.7). All three spellings must be understood; only the first may be written. Pure. */

const DAYS = "Sun|Mon|Tue|Wed|Thu|Fri|Sat";
const LONG_DAYS = "Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday";
const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";

const SPELLINGS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  `(?:${DAYS}), (?<day>\\d\\d) (?<month>${MONTHS}) (?<year>\\d{4}) ${TIME} GMT`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  `(?:${LONG_DAYS}), (?<day>\\d\\d)-(?<month>${MONTHS})-(?<year>\\d\\d) ${TIME} GMT`,
  // Sun Nov  6 08:49:37 1994
  `(?:${DAYS}) (?<month>${MONTHS}) (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** @returns seconds since 1970; undefined for what is no date, whose header is then ignored. */
export function parseHttpDate(text: string, nowMs: number = Date.now()): number | undefined {
  const parts = SPELLINGS.map((spelling) => spelling.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const { day = "", month = "", year = "", hour = "", minute = "", second = "" } = parts;
  const monthIndex = MONTHS.split("|").indexOf(month);
  // A leap second is the first of the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const timeIn = (fullYear: number) => {
    const date = new Date(0);
    date.setUTCFullYear(fullYear, monthIndex, Number(day));
    // The 30th of February would be the 1st of March.
    if (date.getUTCDate() !== Number(day)) return undefined;
    return date.setUTCHours(Number(hour), Number(minute), Number(second)) / 1000;
  };
  return timeIn(year.length === 2 ? fullYear(Number(year), nowMs) : Number(year));
}

/** Two digits that seem to lie more than 50 years ahead are of the past century. */
function fullYear(twoDigits: number, nowMs: number): number {
  const current = new Date(nowMs).getUTCFullYear();
  const inThisCentury = current - (current % 100) + twoDigits;
  return inThisCentury > current + 50 ? inThisCentury - 100 : inThisCentury;
}
