/** One machine, with its forwards below it. */
import { keyed, make, setText } from "../../../page/app/dom.js";
import { ago } from "../../../page/app/format.js";
import { newStateMark, type Tone } from "../../../page/app/state-mark.js";
import { type ForwardActions, newForwardView, type ViewContext } from "./forward-view.js";
import type { MachineItem } from "./model.js";

const STATES: Readonly<Record<"true" | "false" | "null", { readonly tone: Tone; readonly word: string }>> = {
  true: { tone: "good", word: "alive" },
  false: { tone: "bad", word: "not alive" },
  null: { tone: "unknown", word: "not known yet" },
};

export function newMachineView(actions: ForwardActions) {
  const name = make("h2");
  const component = make("span", "chip");
  const addr = make("span", "soft mono");
  const state = newStateMark();
  const forwards = make("ul", "forwards");
  const views = new Map<string, ReturnType<typeof newForwardView>>();
  const element = make("li", "machine card", make("header", "", name, component, addr, state.element), forwards);
  return {
    element,
    update(machine: MachineItem, shown: ViewContext) {
      setText(name, machine.name);
      setText(component, machine.component);
      setText(addr, machine.addr);
      forwards.setAttribute("aria-label", `Forwards to ${machine.name}`);
      const { now } = shown;
      const seen = machine.lastSeen === undefined ? "" : `, last seen ${ago(machine.lastSeen, now)}`;
      const checked = machine.checkedAt === undefined ? "" : `, looked at ${ago(machine.checkedAt, now)}`;
      const { tone, word } = STATES[String(machine.routable) as keyof typeof STATES];
      state.update({ tone, word, title: `${word}${seen}${checked}` });
      keyed(
        forwards,
        views,
        machine.forwards,
        ({ id }) => id,
        () => newForwardView(actions),
      );
      for (const forward of machine.forwards) views.get(forward.id)?.update(forward, shown);
    },
  };
}
