/** The quotas of Service Quotas that count the vCPUs of running instances, by instance type. Pure. */

export interface VcpuQuota {
  readonly code: string;
  /** As the console and Service Quotas name it. */
  readonly name: string;
}

/** By the letters that a type begins with. There is no spot quota for the two that have none. */
const SPECIAL: Readonly<Record<string, readonly [name: string, onDemand: string, spot?: string]>> = {
  f: ["F", "L-74FC7D96", "L-88CF9481"],
  g: ["G and VT", "L-DB2E81BA", "L-3819A6DF"],
  vt: ["G and VT", "L-DB2E81BA", "L-3819A6DF"],
  p: ["P", "L-417A185B", "L-7212CCBC"],
  x: ["X", "L-7295265B", "L-E3A00192"],
  inf: ["Inf", "L-1945791B", "L-B5D1601B"],
  trn: ["Trn", "L-2C3B7624", "L-6B0D517C"],
  dl: ["DL", "L-6E869C2A", "L-85EED4F7"],
  hpc: ["HPC", "L-F7808C92"],
  u: ["High Memory", "L-43DA4232"],
};
const STANDARD = ["Standard (A, C, D, H, I, M, R, T, Z)", "L-1216C47A", "L-34B43A08"] as const;

/** @returns undefined for types that no such quota counts */
export function vcpuQuota(type: string, spot: boolean): VcpuQuota | undefined {
  const letters = /^[a-z]+/.exec(type)?.[0] ?? "";
  const isStandard = /^[acdhimrtz]/.test(letters) && letters !== "mac";
  const quota = Object.hasOwn(SPECIAL, letters) ? SPECIAL[letters] : isStandard ? STANDARD : undefined;
  const [name, onDemand, ofSpot] = quota ?? [];
  const code = spot ? ofSpot : onDemand;
  if (code === undefined) return undefined;
  return { code, name: spot ? `All ${name} Spot Instance Requests` : `Running On-Demand ${name} instances` };
}
