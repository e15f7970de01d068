/** Parses the output of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`. Pure. */

import { defined } from "../../base/defined.js";
import type { Device } from "../jobs-api/schemas.js";

export const NVIDIA_FIELDS = [
  "index",
  "name",
  "pci.bus_id",
  "memory.total",
  "memory.used",
  "utilization.gpu",
  "driver_version",
] as const;

const MIB = 1024 * 1024;

/** One line per GPU. Fields that the GPU does not have read `[N/A]` or `[Not Supported]`. */
export function parseNvidia(text: string): Device[] {
  return lines(text).map((line) => {
    const [index = "", name = "", address = "", total, used, utilization, driver] = line.split(/\s*,\s*/);
    return {
      kind: "nvidia",
      id: index,
      name,
      ...defined({
        address: /^[0-9a-f]+:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i.test(address) ? address.toLowerCase() : undefined,
      }),
      ...number("memory_bytes", total, MIB),
      ...number("memory_used_bytes", used, MIB),
      ...number("utilization_percent", utilization, 1),
      ...defined({ driver: driver === undefined || driver.startsWith("[") ? undefined : driver }),
    };
  });
}

function number<K extends string>(key: K, text: string | undefined, unit: number): Partial<Record<K, number>> {
  const value = /^\d+(?:\.\d+)?$/.test(text ?? "") ? Number(text) * unit : undefined;
  return value === undefined ? {} : ({ [key]: value } as Record<K, number>);
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^\d+\s*,/.test(line));
}
