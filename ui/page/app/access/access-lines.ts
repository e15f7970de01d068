/** Rules that differ in their ports alone, as one line. Pure. */
import { defined } from "../../../../base/defined.js";
import type { AccessRow } from "../../../documents.js";

export interface AccessLine {
  readonly kind: AccessRow["kind"];
  readonly who: readonly string[];
  readonly source: string;
  /** `22, 80, 443`, `53 udp`, `all` */
  readonly ports: string;
  readonly until?: string;
  readonly isOver: boolean;
  readonly why: string;
}

export function accessLines(rules: readonly AccessRow[]): AccessLine[] {
  const lines = new Map<string, AccessRow[]>();
  for (const rule of rules) {
    const { kind, who, source, until, is_over, why } = rule;
    const key = JSON.stringify([kind, who, source, until, is_over, why]);
    lines.set(key, [...(lines.get(key) ?? []), rule]);
  }
  return [...lines.values()].map((same) => {
    const { kind, who, source, until, is_over = false, why } = same[0] as AccessRow;
    const ports = same.map((each) => (each.protocol === "tcp" ? each.ports : `${each.ports} ${each.protocol}`));
    return defined<AccessLine>({ kind, who, source, ports: ports.join(", "), isOver: is_over, why, until });
  });
}
