/** The text output of `process` and `jobs`. Pure. */

import { bytes } from "../../base/text/bytes.js";
import { escapeBreaks } from "../../base/text/escape.js";
import { table } from "../../base/text/table.js";
import type { AcceleratorsAnswer, JobAnswer, JobSummary } from "../agent/job-answers.js";
import { OutputNotFetched } from "./errors.js";
import type { Result } from "./process-many.js";

export function jobsText(jobs: readonly JobSummary[], now: Date): string {
  if (jobs.length === 0) return "no jobs";
  return table([
    ["ID", "ACCELERATOR", "STATE", "AGE", "TOOK", "INPUT", "OUTPUT"],
    ...jobs.map((job) => [
      job.id,
      job.accelerator,
      stateText(job),
      span(now.getTime() - Date.parse(job.created_at)),
      tookText(job),
      placeText(job.input, job.input_bytes),
      placeText(job.output, job.output_bytes),
    ]),
  ]);
}

export function jobText(job: JobAnswer, now: Date): string {
  const rows: Array<readonly [string, string | undefined]> = [
    ["id", job.id],
    ["accelerator", job.phase === "process" ? job.accelerator : `${job.accelerator} (${job.phase})`],
    ["state", stateText(job)],
    ["age", span(now.getTime() - Date.parse(job.created_at))],
    ["took", tookText(job)],
    ["input", placeText(job.input, job.input_bytes)],
    ["output", placeText(job.output, job.output_bytes)],
    ["parameters", Object.keys(job.parameters).length === 0 ? undefined : JSON.stringify(job.parameters)],
    ["exit status", job.exit_status === undefined ? undefined : String(job.exit_status)],
    ["failure", job.failure?.detail],
    ["result", job.result === undefined ? undefined : JSON.stringify(job.result)],
    ...stderrRows(job.stderr_tail?.trimEnd() ?? ""),
  ];
  return table(rows.flatMap(([name, value]) => (value === undefined || value === "-" ? [] : [[name, value]])));
}

function stderrRows(text: string): Array<readonly [string, string]> {
  return text === "" ? [] : text.split("\n").map((line, index) => [index === 0 ? "stderr" : "", line] as const);
}

export function acceleratorsText({ accelerators, devices, device_errors, ...answer }: AcceleratorsAnswer): string {
  const rows = accelerators.map(({ name, kind, concurrency, running, queued }) => [
    name === answer.default ? `${name} (default)` : name,
    kind,
    `${running} of ${concurrency} running`,
    `${queued} waiting`,
  ]);
  const found = devices.map((device) => [
    `${device.kind} ${device.id}`,
    device.name,
    device.memory_bytes === undefined ? "-" : bytes(device.memory_bytes),
    device.address ?? "-",
  ]);
  const parts = [
    rows.length === 0 ? "no accelerators" : table(rows),
    ...(found.length === 0 ? [] : [table(found)]),
    ...device_errors.map(({ tool, detail }) => `${tool}: ${escapeBreaks(detail)}`),
  ];
  return parts.join("\n\n");
}

export function resultsText(results: readonly Result[]): string {
  const rows = results.map(({ input, host, tries, done, error }) => [
    input.name,
    host ?? "-",
    done === undefined ? "failed" : "done",
    tries > 1 ? `${tries} tries` : "",
    error?.message ?? (done?.size === undefined ? "" : bytes(done.size)),
  ]);
  const failed = results.filter(({ done }) => done === undefined).length;
  const hosts = new Set(results.flatMap(({ host, done }) => (done === undefined ? [] : [host])));
  const sum = `${results.length - failed} of ${results.length} done, by ${hosts.size} ${hosts.size === 1 ? "host" : "hosts"}`;
  const waiting = results.flatMap(({ input, error }) =>
    error instanceof OutputNotFetched
      ? [`the output for ${escapeBreaks(input.name)} is still on its host: ${error.command}`]
      : [],
  );
  return [table([["INPUT", "HOST", "STATE", "", ""], ...rows]), sum, ...waiting].join("\n");
}

function stateText({ state, progress, failure, exit_status }: JobSummary): string {
  if (state === "running") return progress === undefined ? state : `${state} ${Math.floor(progress * 100)}%`;
  if (state !== "failed") return state;
  return failure?.reason === "exit" ? `failed (exit ${exit_status ?? "?"})` : `failed (${failure?.reason ?? "?"})`;
}

function tookText({ started_at, ended_at }: JobSummary): string {
  if (started_at === undefined || ended_at === undefined) return "-";
  return span(Date.parse(ended_at) - Date.parse(started_at));
}

function placeText(place: string | undefined, size: number | undefined): string {
  if (place === undefined) return "-";
  const where = place === "private" ? "" : place;
  return [where, size === undefined ? "" : bytes(size)].filter(Boolean).join(" ") || "-";
}

/** `0.4s`, `12s`, `3m`, `5h`, `2d`. */
function span(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 120) return `${Math.round(seconds)}s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`;
}
