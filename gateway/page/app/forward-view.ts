/** One forward: its target, its traffic, commands to connect, and a button to remove it. */

import { button, make, setLabel, setText } from "../../../page/app/dom.js";
import { ago, ahead, bytes } from "../../../page/app/format.js";
import { type Command, connectCommands } from "./commands.js";
import type { ForwardItem } from "./model.js";
import { bars } from "./sparkline.js";
import { drawSparkline, newSparkline } from "./sparkline-view.js";

export interface ForwardActions {
  remove(forward: ForwardItem): void;
  copy(command: Command): Promise<void>;
  /** Whether the token allows changes. */
  readonly mayChange: boolean;
}

/** Shared by the views of all forwards. */
export interface ViewContext {
  readonly now: number;
  /** The user who is signed in. */
  readonly who: string;
}

export function newForwardView(actions: ForwardActions) {
  let current: ForwardItem;
  const port = make("strong");
  const target = make("span");
  const used = make("span");
  const facts = make("p", "facts");
  const sparkline = newSparkline();
  const volume = make("p", "facts");
  volume.setAttribute("aria-hidden", "true");
  const commands = make("ul", "commands");
  commands.hidden = true;
  const connect = button("Connect", "plain", () => {
    commands.hidden = !commands.hidden;
    connect.setAttribute("aria-expanded", String(!commands.hidden));
  });
  connect.setAttribute("aria-expanded", "false");
  const remove = button("Remove", "quiet", () => actions.remove(current));
  remove.hidden = !actions.mayChange;
  const way = make("p", "way", port, target);
  const about = make("div", "about", make("p", "facts", used), facts);
  const element = make(
    "li",
    "forward",
    way,
    about,
    make("div", "traffic", sparkline, volume),
    make("div", "actions", connect, remove),
    commands,
  );
  let written = "";

  const write = (list: readonly Command[]) => {
    const text = JSON.stringify(list);
    if (text === written) return;
    written = text;
    commands.replaceChildren(...list.map((command) => commandLine(command, actions)));
  };

  return {
    element,
    update(forward: ForwardItem, { now, who }: ViewContext) {
      current = forward;
      const { gateway, connPort, targetName, targetPort, protocol } = forward;
      element.id = `forward-${connPort}`;
      setText(port, String(connPort));
      setText(target, ` → ${targetPort} ${protocol}`);
      setText(used, times(forward, now));
      setText(facts, notes(forward, who));
      const sums = bars(forward.minutes, now);
      const total = sums.reduce((sum, each) => sum + each, 0);
      const label = total === 0 ? "no traffic in the last hour" : `${bytes(total)} in the last hour`;
      // Without traffic, an empty chart would only look like one that is broken.
      element.classList.toggle("idle", total === 0);
      drawSparkline(sparkline, sums, label);
      setText(volume, label);
      setLabel(connect, `Connect to port ${targetPort} of ${targetName} by port ${connPort}`);
      setLabel(remove, `Remove port ${connPort}, to port ${targetPort} of ${targetName}`);
      setLabel(commands, `Commands for port ${connPort}`);
      write(connectCommands({ origin: location.origin, gateway, connPort, protocol, targetPort, targetName }));
    },
  };
}

function times({ lastUsed, expiresAt }: ForwardItem, now: number): string {
  const used = lastUsed === undefined ? "not used yet" : `used ${ago(lastUsed, now)}`;
  return expiresAt === undefined ? used : `${used} · removed ${ahead(expiresAt, now)}`;
}

/** Who may use a forward, and whose it is. */
function notes({ sources, owner, admitsYou }: ForwardItem, who: string): string {
  // A block of one address is written as the address.
  const blocks = sources.map((source) => source.replace(source.includes(":") ? /\/128$/ : /\/32$/, ""));
  return [
    ...(sources.length === 0 ? ["open to everyone"] : [`only from ${blocks.join(", ")}`]),
    ...(admitsYou ? [] : ["which does not admit you"]),
    ...(owner === who ? [] : [`of ${owner}`]),
  ].join(" · ");
}

/** A long command breaks between its words, and never within one. */
function words(text: string): (Node | string)[] {
  return text.split(" ").flatMap((word, index) => [...(index === 0 ? [] : [" "]), make("span", "word", word)]);
}

function commandLine(command: Command, actions: ForwardActions): HTMLElement {
  const copy = button("Copy", "plain", () => void actions.copy(command));
  setLabel(copy, `Copy: ${command.text}`);
  return make(
    "li",
    "command",
    make("span", "soft small", command.label),
    make("code", "", ...words(command.text)),
    copy,
  );
}
