/** The rules of the hosts' security group: who may come in, until when, and why. */
import { button, find, make, setLabel, setText } from "../../../../page/app/dom.js";
import { clock, span } from "../../../../page/app/format.js";
import { say } from "../../../../page/app/say.js";
import type { AccessDocument, OperationItem } from "../../../documents.js";
import { type Api, RefusedByServer } from "../api.js";
import { ask, type Question } from "../confirm-dialog.js";
import { type AccessLine, accessLines } from "./access-lines.js";
import { grantDialog } from "./grant-dialog.js";

/** Others may change the rules as well. */
const REFRESH_MS = 60_000;

/** @param refresh looks at the overview again. */
export function accessView(api: Api, refresh: () => Promise<void>) {
  const section = find("access", HTMLElement);
  const problem = find("access-problem", HTMLElement);
  const rows = find("rule-rows", HTMLElement);
  const grant = find("grant", HTMLButtonElement);
  const ended = new AbortController();
  let ports: readonly string[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let seen = 0;

  const read = async () => {
    readAt = performance.now();
    try {
      const document = await api.get<AccessDocument>("/api/access");
      if (ended.signal.aborted) return;
      ({ ports } = document);
      setText(
        problem,
        document.group === "" ? "The hosts existed before: their own security groups decide who gets in." : "",
      );
      setText(find("access-summary", HTMLElement), document.group);
      grant.hidden = document.group === "";
      rows.replaceChildren(...accessLines(document.rules).map((line) => rowOf(line, end)));
      (find("rules", HTMLElement).parentElement as HTMLElement).hidden = document.rules.length === 0;
    } catch (error) {
      if (!ended.signal.aborted) setText(problem, (error as Error).message);
    }
  };
  const afterwards = async (text: string) => {
    await Promise.all([read(), refresh()]);
    say(text);
  };

  const revoke = async (holder: string, confirmed: boolean): Promise<Question | undefined> => {
    try {
      await api.post("/api/access/revoke", { holder, confirmed });
    } catch (error) {
      if (!(error instanceof RefusedByServer) || error.code !== "firewall/lockout" || confirmed) throw error;
      const [text = ""] = error.message.split("\n");
      return { title: "End your own access?", text, action: "End it anyway", go: () => revoke(holder, true) };
    }
    await afterwards(`${holder} has no access for a time any more.`);
    find("access-title", HTMLElement).focus();
    return undefined;
  };
  const end = (holder: string) =>
    ask({
      title: `End the access of ${holder}?`,
      text: "All its rules are removed now. Connections that are open may go on for a while.",
      action: "End access",
      go: () => revoke(holder, false),
    });
  const granting = grantDialog(async (body) => {
    await api.post("/api/access/grant", body);
    await afterwards(`${body.name} is let in.`);
  });
  grant.addEventListener("click", () => granting.open(ports), { signal: ended.signal });

  return {
    /** @param operation its end may have changed the rules, from another tab. */
    update(hasHosts: boolean, operation: OperationItem | undefined) {
      section.hidden = !hasHosts;
      grant.disabled = operation?.state === "running";
      const finished = operation?.state === "running" ? 0 : (operation?.id ?? 0);
      const isDue = performance.now() - readAt > REFRESH_MS || finished > seen;
      seen = Math.max(seen, finished);
      if (hasHosts && isDue) void read();
    },
    end() {
      ended.abort();
      granting.end();
      rows.replaceChildren();
      section.hidden = true;
    },
  };
}

const KINDS: Readonly<Record<AccessLine["kind"], string>> = {
  lease: "for a time",
  deployment: "sallyport.yaml",
  list: "follows a list",
  other: "not made by sallyport",
};

function rowOf(
  { kind, who, source, ports, until, isOver, why }: AccessLine,
  end: (holder: string) => void,
): HTMLElement {
  const cell = (label: string, ...children: (Node | string)[]) => {
    const made = make("td", "", ...children);
    made.dataset.label = label;
    return made;
  };
  const name = make(
    "th",
    "",
    make("bdi", "who", who.join(", ") || "someone else"),
    make("span", "soft small", KINDS[kind]),
  );
  name.scope = "row";
  const ends =
    kind !== "lease"
      ? []
      : who.map((holder) => {
          const made = button(who.length === 1 ? "End access" : `End access of ${holder}`, "quiet", () => end(holder));
          setLabel(made, `End access of ${holder}`);
          return made;
        });
  return make(
    "tr",
    isOver ? "over" : "",
    name,
    cell("From", make("span", "mono", source)),
    cell("Ports", make("span", "mono", ports)),
    cell("Until", ...untilOf(until, isOver)),
    cell("Why", make("bdi", "", why)),
    cell("", ...ends),
  );
}

function untilOf(until: string | undefined, isOver: boolean): (Node | string)[] {
  if (until === undefined) return [make("span", "soft", "stays")];
  const at = Date.parse(until);
  const rest = isOver ? "over; the next change removes it" : `${span(at - Date.now())} left`;
  return [clock(at, Date.now()), " ", make("span", "left soft small", rest)];
}
