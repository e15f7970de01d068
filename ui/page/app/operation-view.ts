/** The start, stop or change of access that runs, or the last one that failed. */
import { button, find, make, setText } from "../../../page/app/dom.js";
import { say } from "../../../page/app/say.js";
import type { OperationItem } from "../../documents.js";

export function operationView() {
  const element = find("operation", HTMLElement);
  const title = make("strong");
  const line = make("p", "soft");
  const error = make("p", "error");
  /** Ids of operations whose end is known here. */
  let dismissed = 0;
  let running = 0;
  const dismiss = button("Dismiss", "plain", () => {
    dismissed = Number(element.dataset.id);
    element.hidden = true;
    find("hosts-title", HTMLElement).focus();
  });
  element.replaceChildren(make("div", "", title, line, error), dismiss);

  return {
    update(item: OperationItem | undefined) {
      const isShown =
        item !== undefined && item.id > dismissed && (item.state !== "done" || item.warning !== undefined);
      element.hidden = !isShown;
      if (item?.state === "running") running = item.id;
      if (item?.state === "done" && item.id === running) {
        running = 0;
        say(`Done: ${item.title}.`);
      }
      if (!isShown) return;
      element.dataset.id = String(item.id);
      element.classList.toggle("ended", item.state !== "running");
      element.classList.toggle("failed", item.state === "failed");
      dismiss.hidden = item.state === "running";
      const titles = {
        running: `${capital(item.title)}…`,
        done: `Done: ${item.title}`,
        failed: `Failed: ${item.title}`,
      };
      setText(title, titles[item.state]);
      setText(line, item.state === "running" ? (item.lines.at(-1) ?? "") : (item.warning ?? ""));
      setText(error, item.error === undefined ? "" : [item.error.message, item.error.hint].filter(Boolean).join("\n"));
    },
  };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
