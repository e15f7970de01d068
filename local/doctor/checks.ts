/** Runs all checks of `doctor` and prints their table. */

import { homeOf } from "../../base/home.js";
import type { LoadedConfig } from "../../config/load.js";
import { awsRows } from "./aws.js";
import { credentialsRow, machineRows } from "./machine.js";
import { programRows } from "./programs.js";
import { ok, type Row, rowOf } from "./row.js";
import { secretRows } from "./secrets.js";

/** @param load loads the configuration; its failure is a row like any other */
export async function checkMachine(
  env: NodeJS.ProcessEnv,
  load: () => Promise<LoadedConfig>,
  signal?: AbortSignal,
): Promise<Row[]> {
  const secrets: Row[] = [];
  const aws: Row[] = [];
  const programs = await programRows(env);
  const machine = await machineRows(env);
  const configuration = await rowOf("configuration", async () => {
    const loaded = await load();
    const { config, projectFile } = loaded;
    secrets.push(...(await secretRows(config, homeOf(env))));
    // Without any, the demo works all the same.
    if (credentialsRow(env).state === "ok") aws.push(...(await awsRows(loaded, env, signal)));
    return ok("configuration", projectFile ?? "no sallyport.yaml; defaults hold");
  });
  return [...programs, ...machine, configuration, ...secrets, ...aws];
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
