/** The latest jobs of a host, and one of them as it goes on. */

import { spanText } from "../../../../base/text/span.js";
import { make, setText } from "../../../../page/app/dom.js";
import { ago, bytes } from "../../../../page/app/format.js";
import type { AgentDocument, JobSummary } from "../../../documents.js";
import type { Api } from "../api.js";
import type { HostPanel } from "../host-panel.js";
import { nameElement } from "../name.js";
import { formatPlace } from "../place.js";
import { jobView } from "./job-view.js";

export function jobsPanel(api: Api, host: string): HostPanel {
  const base = `/api/hosts/${encodeURIComponent(host)}`;
  const list = make("ul", "jobs");
  list.setAttribute("aria-label", `Jobs of ${host}`);
  const note = make("p", "soft small", "Reading…");
  const error = make("p", "error");
  const one = make("div", "one-job");
  const element = make("div", "jobs-panel", one, error, list, note);
  let load = "";
  let jobs: readonly JobSummary[] = [];
  let view: ReturnType<typeof jobView> | undefined;

  const show = () => {
    const now = Date.now();
    list.replaceChildren(...jobs.map((job) => row(job, { host, isOpen: job.id === view?.id, now })));
    setText(
      note,
      jobs.length === 0 ? `No jobs yet. Submit one with: sallyport process ${host} --src FILE --dst FILE` : "",
    );
  };
  const read = async () => {
    setText(error, "");
    try {
      ({ jobs } = await api.get<{ jobs: JobSummary[] }>(`${base}/jobs`));
      show();
    } catch (reason) {
      setText(error, (reason as Error).message);
      setText(note, "");
    }
  };

  return {
    element,
    update(_host, report, { rest: [id] }) {
      // Reading the list counts as use of the host; the counts of its jobs do not, and tell when it has changed.
      const now = loadOf(report);
      if (now !== load) {
        load = now;
        void read();
      }
      if (view?.id === id) return;
      view?.end();
      view = id === undefined ? undefined : jobView(api, host, id, () => void read());
      one.replaceChildren(...(view === undefined ? [] : [view.element]));
      if (jobs.length > 0) show();
    },
    end: () => view?.end(),
  };
}

function loadOf(report: AgentDocument | undefined): string {
  if (report?.agent !== "up") return report?.agent ?? "unknown";
  return JSON.stringify(report.accelerators.accelerators.map(({ running, queued }) => [running, queued]));
}

interface RowOptions {
  readonly host: string;
  readonly isOpen: boolean;
  readonly now: number;
}

function row(job: JobSummary, { host, isOpen, now }: RowOptions): HTMLElement {
  const { id, accelerator, state, created_at, started_at, ended_at, input_bytes, output_bytes, progress } = job;
  const link = make("a", "", nameElement(accelerator), make("span", "mono small soft", ` ${id.slice(-8)}`));
  link.href = formatPlace({ host, panel: "jobs", rest: isOpen ? [] : [id] });
  if (isOpen) link.setAttribute("aria-current", "true");
  const took =
    started_at === undefined
      ? ""
      : spanText(((ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at)) / 1000);
  const sizes = [input_bytes, output_bytes].flatMap((size) => (size === undefined ? [] : [bytes(size)])).join(" → ");
  const done = progress !== undefined && state === "running" ? `${Math.round(progress * 100)} %` : "";
  const facts = [ago(Date.parse(created_at), now), took, sizes, done].filter(Boolean).join(" · ");
  return make("li", "job", link, make("span", `job-state ${state}`, state), make("span", "soft small", facts));
}
