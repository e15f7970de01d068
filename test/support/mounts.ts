import { readFileSync } from "node:fs";

export interface Mount {
  readonly point: string;
  /** Whether it keeps a namespace. */
  readonly isNamespace: boolean;
}

/** Those that this process sees. Only Linux tells. */
export function mounts(): Mount[] {
  if (process.platform !== "linux") return [];
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return lines.map((line) => ({ point: line.split(" ")[4] ?? "", isNamespace: / - nsfs /.test(line) }));
}

export const mountPoints = (): string[] => mounts().map(({ point }) => point);
