/** The dialog that stops or terminates a host. */
import { clearError, dialogParts, wireDialog } from "../../../page/app/dialogs.js";
import { find, setText } from "../../../page/app/dom.js";
import type { HostItem } from "../../documents.js";

type Mode = HostItem["ends"][number];

/** @param stop sends the request; rejects with the server's refusal. */
export function stopDialog(stop: (host: string, mode: Mode) => Promise<void>) {
  const parts = dialogParts("stop");
  const choice = (mode: Mode) => find(`${mode}-choice`, HTMLElement);
  const input = (mode: Mode) => choice(mode).querySelector("input") as HTMLInputElement;
  const mode = (): Mode => (input("term").checked ? "term" : "stop");
  let current: HostItem | undefined;

  const describe = () => {
    const isEnd = mode() === "term";
    const submit = find("stop-submit", HTMLElement);
    setText(submit, isEnd ? "Terminate" : "Stop");
    submit.className = isEnd ? "danger" : "primary";
    const text = isEnd ? `${current?.name} is terminated, with all data on its disk.` : "";
    setText(find("stop-text", HTMLElement), text);
  };
  find("stop-modes", HTMLElement).addEventListener("change", describe, { signal: parts.signal });
  wireDialog(
    parts,
    async () => {
      if (current === undefined) return;
      clearError(parts);
      await stop(current.name, mode());
      parts.dialog.close();
    },
    (reason) => setText(parts.error, reason),
  );
  return {
    open(host: HostItem) {
      current = host;
      clearError(parts);
      const [first = "stop"] = host.ends;
      for (const each of ["stop", "term"] as const) {
        choice(each).hidden = !host.ends.includes(each);
        input(each).checked = each === first;
      }
      setText(find("stop-title", HTMLElement), `Stop ${host.name}?`);
      describe();
      parts.dialog.showModal();
    },
    end: parts.end,
  };
}
