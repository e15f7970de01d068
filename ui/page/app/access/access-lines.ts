/** Rules that differ in their ports alone, as one line. Pure. */
import type { AccessItem } from "../../../documents.js";

export interface AccessLine {
  readonly kind: AccessItem["kind"];
  readonly who: readonly string[];
  readonly source: string;
  /** `22, 80, 443`, `53 udp`, `all` */
  readonly ports: string;
  readonly until?: string;
  readonly isOver: boolean;
  readonly why: string;
}

export function accessLines(rules: readonly AccessItem[]): AccessLine[] {
  const lines = new Map<string, AccessItem[]>();
  for (const rule of rules) {
    const { kind, who, source, until, is_over, why } = rule;
    const key = JSON.stringify([kind, who, source, until, is_over, why]);
    lines.set(key, [...(lines.get(key) ?? []), rule]);
  }
  return [...lines.values()].map((same) => {
    const { kind, who, source, until, is_over = false, why } = same[0] as AccessItem;
    const ports = same.map((each) => (each.protocol === "tcp" ? each.ports : `${each.ports} ${each.protocol}`));
    return {
      kind,
      who,
      source,
      ports: ports.join(", "),
      isOver: is_over,
      why,
      ...(until === undefined ? {} : { until }),
    };
  });
}
