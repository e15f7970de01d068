/** Runs all checks of `doctor` and prints their table. */

import { homeOf } from "../../base/home.js";
import type { LoadedConfig } from "../../config/load.js";
import { machineRows } from "./machine.js";
import { programRows } from "./programs.js";
import { ok, type Row, rowOf } from "./row.js";
import { secretRows } from "./secrets.js";

/** @param load loads the configuration; its failure is a row like any other */
export async function checkMachine(
  env: NodeJS.ProcessEnv,
  load: () => Promise<Pick<LoadedConfig, "config" | "projectFile">>,
): Promise<Row[]> {
  const secrets: Row[] = [];
  const programs = await programRows(env);
  const machine = await machineRows(env);
  const configuration = await rowOf("configuration", async () => {
    const { config, projectFile } = await load();
    secrets.push(...(await secretRows(config, homeOf(env))));
    return ok("configuration", projectFile ?? "no sallyport.yaml; defaults hold");
  });
  return [...programs, ...machine, configuration, ...secrets];
}

export function isHealthy(rows: readonly Row[]): boolean {
  return rows.every(({ state }) => state === "ok" || state === "optional");
}

/** @param paint colours a state */
export function rowsText(rows: readonly Row[], paint: (state: Row["state"], text: string) => string): string {
  const width = Math.max(...rows.map(({ check }) => check.length));
  const indent = " ".repeat(width + 12);
  return rows
    .flatMap(({ check, state, found, mend }) => [
      `${paint(state, state.padEnd(8))}  ${check.padEnd(width)}  ${found}`,
      ...(mend === undefined ? [] : [`${indent}${mend.replaceAll("\n", `\n${indent}`)}`]),
    ])
    .join("\n");
}
