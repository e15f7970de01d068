/** One machine: its state, its forwards, and its past. */
import type { Api } from "../../../page/app/api.js";
import { button, keyed, make, setLabel, setText } from "../../../page/app/dom.js";
import { ago } from "../../../page/app/format.js";
import { newStateMark, type Tone } from "../../../page/app/state-mark.js";
import { type ForwardActions, newForwardView, type ViewContext } from "./forward-view.js";
import { newMachineDetails } from "./machine-details.js";
import type { MachineItem } from "./model.js";

const STATES: Readonly<Record<"true" | "false" | "null", { readonly tone: Tone; readonly word: string }>> = {
  true: { tone: "good", word: "alive" },
  false: { tone: "bad", word: "not alive" },
  null: { tone: "unknown", word: "not known yet" },
};
/** The past changes slowly, and is much to read. */
const DETAILS_EVERY_MS = 15_000;

export interface MachineActions extends ForwardActions {
  open(machine: MachineItem): void;
  readonly api: Pick<Api, "get">;
}

export function newMachineView(actions: MachineActions, { addr: at }: MachineItem) {
  let current: MachineItem;
  let readAt = 0;
  let forwardCount = 0;
  const name = make("h3");
  const component = make("span", "chip");
  const addr = make("span", "soft mono");
  const state = newStateMark();
  const forwards = make("ul", "forwards");
  const views = new Map<string, ReturnType<typeof newForwardView>>();
  const details = newMachineDetails(actions.api, at);
  const refresh = () => {
    readAt = Date.now();
    return details.refresh();
  };
  const history = button("History", "plain", () => {
    details.element.hidden = !details.element.hidden;
    history.setAttribute("aria-expanded", String(!details.element.hidden));
    if (!details.element.hidden) void refresh();
  });
  history.setAttribute("aria-expanded", "false");
  const open = button("Open a forward", "plain", () => actions.open(current));
  open.hidden = !actions.mayChange;
  const header = make(
    "header",
    "",
    make("div", "name", name, component, addr),
    state.element,
    make("div", "actions", open, history),
  );
  const element = make("li", "machine card", header, forwards, details.element);
  return {
    element,
    update(machine: MachineItem, shown: ViewContext) {
      current = machine;
      setText(name, machine.name);
      setText(component, machine.component);
      setText(addr, machine.addr);
      setLabel(forwards, `Forwards to ${machine.name}`);
      setLabel(history, `History of ${machine.name}`);
      setLabel(open, `Open a forward to ${machine.name}`);
      forwards.hidden = machine.forwards.length === 0;
      const { now } = shown;
      const { tone, word } = STATES[String(machine.routable) as keyof typeof STATES];
      const seen = machine.lastSeen === undefined ? "" : `, last seen ${ago(machine.lastSeen, now)}`;
      const checked = machine.checkedAt === undefined ? "" : `, looked at ${ago(machine.checkedAt, now)}`;
      state.update({ tone, word, title: `${word}${seen}${checked}` });
      keyed(
        forwards,
        views,
        machine.forwards,
        ({ id }) => id,
        () => newForwardView(actions),
      );
      for (const forward of machine.forwards) views.get(forward.id)?.update(forward, shown);
      const isOld = now - readAt > DETAILS_EVERY_MS || machine.forwards.length !== forwardCount;
      forwardCount = machine.forwards.length;
      if (!details.element.hidden && isOld) void refresh();
    },
  };
}
