/** Medians as a Markdown table, with the ratio of the first column to that of everybody else. */

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** @param ours the row that ratios are of; undefined for none. */
export function printTable(
  title: string,
  columns: readonly string[],
  rows: ReadonlyMap<string, readonly number[]>,
  ours: string | undefined,
): void {
  const own = ours === undefined ? undefined : rows.get(ours)?.[0];
  const heads = [title, ...columns, ...(own === undefined ? [] : ["ours ÷ this"])];
  console.log(`\n| ${heads.join(" | ")} |\n|${heads.map(() => "---").join("|")}|`);
  for (const [name, values] of rows) {
    const ratio = own === undefined ? [] : [(own / (values[0] ?? Number.NaN)).toFixed(2)];
    console.log(`| ${[name, ...values.map(short), ...ratio].join(" | ")} |`);
  }
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
