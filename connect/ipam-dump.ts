/**
 * Reads vLab's table `ipam` from the output of pg_dump: a COPY block, or INSERTs with or without column
 * names and with one or many rows each. Pure.
 *
 * Ignores everything else in the dump, and the column `routable`, which holds what vLab's worker saw at
 * the time.
 */
import { quote, usageFaults } from "../base/fault.js";

export interface IpamRow {
  readonly connPort: number;
  readonly targetAddr: string;
  readonly targetPort: number;
  readonly targetName: string;
  readonly targetComponent: string;
}

/** Null for an empty column. */
type Cell = string | null;

const COLUMNS = ["conn_port", "target_addr", "target_port", "target_name", "target_component", "routable"];
const TABLE = String.raw`(?:(?:"[^"]+"|[a-z_]\w*)\.)?"?ipam"?`;
const COPY = new RegExp(String.raw`^COPY ${TABLE} \(([^)]*)\) FROM stdin;$`, "i");
const INSERT = new RegExp(String.raw`^INSERT INTO ${TABLE}(?: \(([^)]*)\))?\s+VALUES\s*`, "i");

/** @returns the rows, sorted by port. @throws Fault if the table is missing or a row is malformed. */
export function parseIpamDump(text: string, from: string): IpamRow[] {
  const lines = text.split(/\r?\n/);
  const rows: { readonly cells: readonly Cell[]; readonly columns: readonly string[] }[] = [];
  let seen = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const copy = COPY.exec(line);
    if (copy !== null) {
      seen = true;
      for (index += 1; index < lines.length && lines[index] !== "\\."; index += 1) {
        rows.push({ cells: copyCells(lines[index] ?? ""), columns: columnsIn(copy[1]) });
      }
      if (index >= lines.length) throw cutOff(from);
      continue;
    }
    const insert = INSERT.exec(line);
    if (insert === null) continue;
    seen = true;
    const { tuples, end } = readTuples(lines.slice(index).join("\n"), insert[0].length, from);
    for (const cells of tuples) rows.push({ cells, columns: columnsIn(insert[1]) });
    index += end;
  }
  if (!seen) throw noTable(from);
  return rows.map(({ cells, columns }) => toRow(cells, columns, from)).sort((a, b) => a.connPort - b.connPort);
}

function columnsIn(list: string | undefined): readonly string[] {
  return list === undefined ? COLUMNS : list.split(",").map((name) => name.trim().replaceAll('"', ""));
}

/** COPY's text format: tabs between cells, `\N` for null, backslash escapes inside. */
function copyCells(line: string): Cell[] {
  const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
  return line
    .split("\t")
    .map((cell) =>
      cell === "\\N"
        ? null
        : cell.replace(/\\(x[0-9a-f]{1,2}|[0-7]{1,3}|.)/gi, (_, code: string) =>
            /^[0-7]/.test(code)
              ? String.fromCharCode(Number.parseInt(code, 8))
              : /^x[0-9a-f]/i.test(code)
                ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
                : (escapes[code] ?? code),
          ),
    );
}

/** `(50000, '10.0.0.2', 22, 'it''s', NULL, true),\n\t(…);` @returns the tuples, and the number of lines that they span. */
function readTuples(text: string, start: number, from: string): { tuples: Cell[][]; end: number } {
  const token = /\s+|'((?:[^']|'')*)'|[(),;]|NULL\b|true\b|false\b|-?[0-9]+/giy;
  token.lastIndex = start;
  const tuples: Cell[][] = [];
  let cells: Cell[] = [];
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [written, quoted] = match;
    if (written === ";") return { tuples, end: text.slice(0, token.lastIndex).split("\n").length - 1 };
    if (written === "(") cells = [];
    else if (written === ")") tuples.push(cells);
    else if (quoted !== undefined) cells.push(quoted.replaceAll("''", "'"));
    else if (!/^[\s,]/.test(written)) cells.push(written.toUpperCase() === "NULL" ? null : written);
  }
  throw cutOff(from);
}

function toRow(cells: readonly Cell[], columns: readonly string[], from: string): IpamRow {
  const cell = (name: string) => cells[columns.indexOf(name)] ?? undefined;
  const port = (name: string) => {
    const text = cell(name) ?? "";
    return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined;
  };
  const connPort = port("conn_port");
  const targetPort = port("target_port");
  const targetAddr = cell("target_addr");
  const targetName = cell("target_name");
  if (connPort === undefined || targetPort === undefined || !targetAddr || !targetName) throw badRow(cells, from);
  return { connPort, targetAddr, targetPort, targetName, targetComponent: cell("target_component") || "machine" };
}

const dumpFault = usageFaults("import");

const noTable = (from: string) =>
  dumpFault(
    "no-table",
    `there is no table "ipam" in ${from}`,
    "make the dump with: pg_dump --data-only --table=ipam vlab_ipam",
  );

const cutOff = (from: string) =>
  dumpFault(
    "cut-off",
    `the table "ipam" in ${from} is incomplete`,
    "check that the dump is whole; nothing was imported",
  );

const badRow = (cells: readonly Cell[], from: string) =>
  dumpFault(
    "bad-row",
    `a row of "ipam" in ${from} is not a forward: ${quote(cells.map((cell) => cell ?? "NULL").join(" "))}`,
    "it needs both ports, an address and a name; nothing was imported",
  );
