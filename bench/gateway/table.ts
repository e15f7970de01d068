/** Results as Markdown tables; a target says what was wanted of a ratio, and whether it is met. Pure but for the printing. */

export const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export function printTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n| ${heads.join(" | ")} |\n|${heads.map(() => "---").join("|")}|`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

export function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param wanted the least that is enough. @returns "63.1 (wanted 50: met)" */
export function verdict(value: number, wanted: number): string {
  if (Number.isNaN(value)) return "–";
  return `${short(value)} (wanted ${wanted}: ${value >= wanted ? "met" : "missed"})`;
}
