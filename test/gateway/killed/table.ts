/** Compares the kernel's table with the rows of the database, without the gateway's own parser. Pure. */

export interface Row {
  readonly id: string;
  readonly connPort: number;
  readonly protocol: string;
  readonly targetAddr: string;
  readonly targetPort: number;
  readonly sources: readonly string[];
}

interface JsonSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** @param document the output of `nft -j list table`. @returns the differences: "+" only in the kernel, "-" only in the database. */
export function differences(rows: readonly Row[], document: unknown): string[] {
  const { nftables = [] } = document as { nftables?: ReadonlyArray<Record<string, JsonSet>> };
  const there = nftables
    .map((entry) => entry.map ?? entry.set)
    .filter((set) => set !== undefined)
    .flatMap(({ name, elem = [] }) => elem.map((each) => `${name} ${elementText(each)}`));
  const kept = there.filter((line) => !line.startsWith("revoked_"));
  const wanted = rows.flatMap(linesOf);
  return [
    ...wanted.filter((line) => !kept.includes(line)).map((line) => `- ${line}`),
    ...kept.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`),
    // Late packets to a closed port are reset; those to its new forward must not be.
    ...rows
      .map(({ protocol, connPort }) => `revoked_${protocol} ${connPort}`)
      .filter((line) => there.includes(line))
      .map((line) => `+ ${line}`),
  ];
}

function linesOf({ id, connPort, protocol, targetAddr, targetPort, sources }: Row): string[] {
  const key = `${protocol} . ${connPort}`;
  const six = (address: string) => (address.includes(":") ? 6 : 4);
  return [
    `target${six(targetAddr)} ${key} "${id}" : ${targetAddr} . ${targetPort}`,
    `used_${protocol} ${connPort} "${id}"`,
    ...(sources.length === 0 ? [] : [`restricted ${key}`]),
    ...sources.map((source) => `allowed${six(source)} ${key} . ${source.replace(/\/(32|128)$/, "")}`),
  ];
}

function elementText(element: unknown): string {
  if (Array.isArray(element)) return `${elementText(element[0])} : ${valueText(element[1])}`;
  const { elem } = element as { elem?: { val: unknown; comment?: string } };
  if (elem === undefined) return valueText(element);
  return elem.comment === undefined ? valueText(elem.val) : `${valueText(elem.val)} "${elem.comment}"`;
}

function valueText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { concat, prefix } = value as { concat?: unknown[]; prefix?: { addr: string; len: number } };
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`;
  return (concat ?? []).map(valueText).join(" . ");
}
