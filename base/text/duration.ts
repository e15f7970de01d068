/** Parses time spans. */
import { EXIT, Fault, quote } from "../fault.js";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Parses `90s`, `5m`, `8h`, `2d` or `1h30m` into milliseconds. */
export function parseDuration(text: string): number {
  if (!/^(?:\d{1,6}[smhdw])+$/.test(text)) throw badDuration(text);
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)([smhdw])/g))
    sum += Number(number) * UNITS[unit as keyof typeof UNITS];
  if (sum === 0) throw badDuration(text);
  return sum;
}

const badDuration = (text: string): Fault =>
  new Fault("cli/bad-duration", `${quote(text)} is not a time span`, {
    hint: 'write for example "30s", "5m", "8h", "2d" or "1h30m"',
    exit: EXIT.usage,
  });
