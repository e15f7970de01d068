/** Converts `90s`, `30m`, `8h` or `2d`, which the schema has checked, to seconds. */
export function spanSeconds(span: string): number {
  const [, count = "", unit = "s"] = /^(\d+)([smhd])$/.exec(span) ?? [];
  return Number(count) * SECONDS[unit as keyof typeof SECONDS];
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
