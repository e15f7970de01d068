/** One job: its progress and its output as they come, and its end. */

import { escapeControls } from "../../../../base/text/escape.js";
import { spanText } from "../../../../base/text/span.js";
import { button, make, setLabel, setText } from "../../../../page/app/dom.js";
import { bytes, clock } from "../../../../page/app/format.js";
import { say } from "../../../../page/app/say.js";
import type { JobAnswer } from "../../../documents.js";
import type { Api } from "../api.js";
import { followJob, hasEnded } from "../follow.js";

/** @param changed called when the job has ended, or was cancelled. */
export function jobView(api: Api, host: string, id: string, changed: () => void) {
  const base = `/api/hosts/${encodeURIComponent(host)}`;
  const path = `${base}/jobs/${encodeURIComponent(id)}`;
  const ended = new AbortController();
  const title = make("h3", "");
  const state = make("span", "job-state");
  const bar = make("progress");
  bar.setAttribute("aria-label", "Progress of the job");
  bar.hidden = true;
  const facts = make("p", "soft small");
  const error = make("p", "error");
  error.setAttribute("role", "alert");
  const log = make("pre", "log");
  log.tabIndex = 0;
  log.setAttribute("role", "log");
  log.setAttribute("aria-label", `What the program of job ${id} wrote`);
  const cancel = button("Cancel the job", "plain", () => void attempt(cancelJob));
  const output = button("Download output", "primary", () => void attempt(downloadOutput));
  const element = make(
    "section",
    "job-view",
    make("header", "", title, state, make("span", "actions", cancel, output)),
    bar,
    facts,
    error,
    log,
  );
  element.setAttribute("aria-label", `Job ${id}`);
  cancel.hidden = true;
  output.hidden = true;

  const attempt = async (work: () => Promise<void>) => {
    setText(error, "");
    await work().catch((reason: Error) => setText(error, reason.message));
  };
  const cancelJob = async () => {
    show(await api.post<JobAnswer>(`${path}/cancel`));
    say("The job is cancelled.");
    changed();
  };
  const downloadOutput = async () => {
    const { url } = await api.post<{ url: string }>(`${base}/downloads`, { job: id });
    const link = make("a");
    link.href = url;
    link.download = "";
    link.click();
  };

  const show = (job: JobAnswer) => {
    setText(title, job.accelerator);
    setText(state, job.state);
    state.className = `job-state ${job.state}`;
    bar.hidden = job.state !== "running";
    if (job.progress === undefined) bar.removeAttribute("value");
    else bar.value = job.progress;
    setText(facts, factsOf(job));
    setText(error, job.failure === undefined ? "" : `${job.failure.reason}: ${escapeControls(job.failure.detail)}`);
    showLog(log, job);
    cancel.hidden = hasEnded(job);
    output.hidden = job.state !== "done" || job.output !== "private";
    for (const each of [cancel, output]) setLabel(each, `${each.textContent} of ${job.accelerator}, job ${id}`);
  };

  void attempt(async () => {
    await followJob(api, path, show, ended.signal);
    if (!ended.signal.aborted) changed();
  });
  return { id, element, end: () => ended.abort() };
}

/** Stays at its end while it grows, unless its reader has scrolled up. */
function showLog(log: HTMLElement, { stderr_tail, state }: JobAnswer): void {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  const silent = state === "queued" ? "It waits for its turn." : "The program has written nothing to stderr.";
  setText(log, stderr_tail === undefined ? silent : escapeControls(stderr_tail));
  log.classList.toggle("soft", stderr_tail === undefined);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function factsOf(job: JobAnswer): string {
  const { created_at, started_at, ended_at, exit_status, input, output, input_bytes, output_bytes, progress } = job;
  const now = Date.now();
  const size = (count: number | undefined) => (count === undefined ? "" : ` (${bytes(count)})`);
  return [
    `submitted ${clock(Date.parse(created_at), now)}`,
    started_at === undefined
      ? ""
      : `ran for ${spanText(((ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at)) / 1000)}`,
    progress === undefined ? "" : `${Math.round(progress * 100)} %`,
    exit_status === undefined ? "" : `exit status ${exit_status}`,
    input === undefined ? "" : `input ${escapeControls(input)}${size(input_bytes)}`,
    output === undefined ? "" : `output ${escapeControls(output)}${size(output_bytes)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
