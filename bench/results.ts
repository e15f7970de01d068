/**
 * The figures of a bench, in `results.json` beside it: what its README and the plots of docs/reference/performance.md show.
 * A run replaces the tables that it measured and leaves the others.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

export interface Table {
  /** What was measured, with sizes and numbers. */
  readonly title: string;
  /** Where and how: processors, Node.js, load, options. */
  readonly setting: string;
  /** Name and unit of each value. */
  readonly columns: readonly string[];
  /** Contestant → its medians. Null where there is none. */
  readonly rows: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Key of a table → the table. */
export type Results = Readonly<Record<string, Table>>;

/** @param dir of the bench. */
export function readResults(dir: string): Results {
  const file = join(dir, "results.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

/** Values keep four digits: the next ones differ from run to run. */
export function saveTable(dir: string, key: string, table: Omit<Table, "setting">): void {
  const digits = (value: number | null) =>
    value === null || Number.isNaN(value) ? null : Number(value.toPrecision(4));
  const rows = Object.fromEntries(Object.entries(table.rows).map(([name, values]) => [name, values.map(digits)]));
  const { title, columns } = table;
  const results: Results = { ...readResults(dir), [key]: { title, setting: setting(), columns, rows } };
  writeFileSync(join(dir, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
}

function setting(): string {
  const [cpu] = cpus();
  const options = process.argv.slice(2).filter((argument) => argument !== "--inside");
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus().length} × ${cpu?.model}, Node.js ${process.version}, load ${load}; ${options.join(" ") || "no options"}`;
}
