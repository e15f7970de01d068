/** The table of rules as text for people and as JSON for programs. */
import { printPorts, printSource } from "../../net/ingress-rule.js";
import type { RuleTable, Step, TableRow } from "./table.js";

export interface RowJson {
  readonly protocol: string;
  readonly ports: string;
  readonly source: string;
  readonly option: string;
  readonly origin: string;
  readonly why: readonly Step[];
}

export interface TableJson {
  readonly rows: readonly RowJson[];
  /** Those of the second group, for traffic inside the VPC. */
  readonly internal: readonly RowJson[];
}

export function tableJson({ rows, internal }: RuleTable): TableJson {
  return { rows: rows.map(rowJson), internal: internal.map(rowJson) };
}

export function rowJson({ rule, option, origin, why }: TableRow): RowJson {
  return {
    protocol: rule.protocol,
    ports: printPorts(rule),
    source: printSource(rule.source),
    option,
    origin,
    why,
  };
}

/** Protocol, port and source; with `why`, under each row every step that made it. */
export function tableText({ rows, internal }: TableJson, { why = false }: { readonly why?: boolean } = {}): string {
  const first = rows.length === 0 ? ["nobody is let in from outside"] : rowsText(rows, why);
  const second = internal.length === 0 ? [] : ["", "inside the VPC (a second group)", ...rowsText(internal, why)];
  return [...first, ...second].join("\n");
}

function rowsText(rows: readonly RowJson[], why: boolean): string[] {
  const line = ({ protocol, ports, source }: Pick<RowJson, "protocol" | "ports" | "source">) =>
    `${protocol.padEnd(8)}  ${ports.padEnd(11)}  ${source}`;
  return [
    line({ protocol: "Protocol", ports: "Port", source: "Source" }),
    ...rows.flatMap((row) => [line(row), ...(why ? row.why.map((step) => `    ${stepText(step)}`) : [])]),
  ];
}

export function stepText({ option, origin, text }: Step): string {
  return `${option} (${origin}) ${text}`;
}
