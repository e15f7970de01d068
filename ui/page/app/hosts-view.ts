/** The hosts of the deployment, kept up to date. */
import { find, keyed, make, setText } from "../../../page/app/dom.js";
import { keepLive } from "../../../page/app/live.js";
import type { AgentDocument, HostItem, OverviewDocument } from "../../documents.js";
import { accessView } from "./access/access-view.js";
import type { Api } from "./api.js";
import { ask } from "./confirm-dialog.js";
import { type HostCard, newHostCard } from "./host-card.js";
import { startText, totalsOf } from "./model.js";
import { operationView } from "./operation-view.js";
import { formatPlace, type Panel, parsePlace } from "./place.js";
import { stopDialog } from "./stop-dialog.js";

export interface HostsView {
  end(): void;
}

/** Between two looks while an operation runs. */
const BUSY_MS = 1_000;

/** @param onSignedOut the server no longer knows this browser. */
export function hostsView(api: Api, onSignedOut: (reason: string) => void): HostsView {
  const ended = new AbortController();
  const { signal } = ended;
  const list = find("hosts", HTMLElement);
  const cards = new Map<string, HostCard>();
  const reports = new Map<string, AgentDocument>();
  const asked = new Set<string>();
  let overview: OverviewDocument | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;

  const change = async (path: string, body?: object) => {
    await api.post(path, body);
    await live.refresh();
  };
  const stopping = stopDialog((host, mode) => change(`/api/hosts/${encodeURIComponent(host)}/stop`, { mode }));
  const operation = operationView();
  const access = accessView(api, () => live.refresh());

  const open = (host: string, panel: Panel) => {
    const place = parsePlace(location.hash);
    const isOpen = place?.host === host && place.panel === panel;
    // A closed panel is no place to come back to.
    if (isOpen) history.replaceState(null, "", location.pathname);
    else location.hash = formatPlace({ host, panel, rest: [] });
    if (isOpen) showCards();
  };
  const actions = {
    open,
    stop: stopping.open,
    start: (host: HostItem) =>
      ask({
        title: `Start ${host.name}?`,
        text: startText(host),
        action: "Start",
        isHarmless: true,
        go: async () => {
          await change(`/api/hosts/${encodeURIComponent(host.name)}/start`);
          return undefined;
        },
      }),
  };

  const showCards = () => {
    if (overview === undefined) return;
    const { hosts } = overview;
    const isBusy = overview.operation?.state === "running";
    const place = parsePlace(location.hash);
    keyed(
      list,
      cards,
      hosts,
      ({ name }) => name,
      () => newHostCard(api, actions),
    );
    for (const host of hosts) {
      cards
        .get(host.name)
        ?.update(host, reports.get(host.name), { isBusy, place: place?.host === host.name ? place : undefined });
    }
  };

  /** One that is silent delays only itself. */
  const askAgent = async ({ name, has_agent, state }: HostItem) => {
    if (!has_agent || (state !== "running" && state !== "unknown")) return void reports.delete(name);
    if (asked.has(name)) return;
    asked.add(name);
    try {
      reports.set(name, await api.get<AgentDocument>(`/api/hosts/${encodeURIComponent(name)}`));
    } catch {
      // The overview tells that the server does not answer.
    } finally {
      asked.delete(name);
      if (!signal.aborted) showCards();
    }
  };

  const show = (next: OverviewDocument) => {
    overview = next;
    find("loading", HTMLElement).hidden = true;
    setText(find("stale", HTMLElement), "");
    const { hosts, problem } = next;
    setText(find("project", HTMLElement), next.project);
    showTotals(next);
    const isEmpty = hosts.length === 0;
    find("empty", HTMLElement).hidden = !isEmpty;
    setText(find("empty-fact", HTMLElement), problem?.message ?? "this deployment has no hosts");
    setText(find("empty-hint", HTMLElement), problem?.hint ?? 'run "sallyport up" to create them');
    const lines = isEmpty || problem === undefined ? [] : [problem.message, problem.hint ?? ""];
    setText(find("problem", HTMLElement), lines.filter(Boolean).join("\n"));
    operation.update(next.operation);
    access.update(hosts.length > 0, next.operation);
    showCards();
    for (const host of hosts) void askAgent(host);
    clearTimeout(soon);
    if (next.operation?.state === "running") soon = setTimeout(() => void live.refresh(), BUSY_MS);
  };

  const live = keepLive(() => api.get<OverviewDocument>("/api/overview"), {
    show,
    onStale: (reason) => {
      find("loading", HTMLElement).hidden = true;
      setText(find("stale", HTMLElement), `What is shown may be old: ${reason}`);
    },
    onRefused: onSignedOut,
  });
  addEventListener("hashchange", showCards, { signal });

  return {
    end() {
      ended.abort();
      clearTimeout(soon);
      live.end();
      stopping.end();
      access.end();
      for (const { end } of cards.values()) end();
      cards.clear();
      list.replaceChildren();
    },
  };
}

function showTotals({ hosts, deployments }: OverviewDocument): void {
  const { states, hourly, soFar, unpriced } = totalsOf(hosts);
  setText(find("summary", HTMLElement), states);
  const rest = unpriced === 0 ? "" : ` and ${unpriced} at a price that is not known`;
  const items = [
    ...(hourly === undefined ? [] : [["Cost per hour", hourly + rest, "without disk and traffic"]]),
    ...(soFar === undefined ? [] : [["Cost so far", soFar, "since each was started"]]),
    ...deployments.map(({ name, region, account }) => [
      name,
      [region, account].filter(Boolean).join(" · ") || "deployed",
    ]),
  ];
  const totals = find("totals", HTMLElement);
  totals.hidden = items.length === 0;
  const text = JSON.stringify(items);
  if (totals.dataset.shown === text) return;
  totals.dataset.shown = text;
  totals.replaceChildren(
    ...items.map(([label = "", value = "", more = ""]) =>
      make("div", "", make("dt", "", label), make("dd", "", make("span", "", value), make("span", "soft small", more))),
    ),
  );
}
