/** The dialog that confirms the removal of a forward. */
import { clearError, dialogParts, wireDialog } from "../../../page/app/dialogs.js";
import { find, setText } from "../../../page/app/dom.js";
import type { ForwardItem } from "./model.js";

/** @param remove sends the request; rejects with the gateway's refusal. */
export function removeDialog(remove: (forward: ForwardItem) => Promise<void>) {
  const parts = dialogParts("remove");
  let current: ForwardItem | undefined;
  wireDialog(
    parts,
    async () => {
      if (current === undefined) return;
      clearError(parts);
      await remove(current);
      parts.dialog.close();
    },
    (reason) => setText(parts.error, reason),
  );
  return {
    open(forward: ForwardItem) {
      current = forward;
      clearError(parts);
      const { connPort, targetPort, protocol, targetName, targetAddr } = forward;
      const text = `Port ${connPort} of the gateway leads to ${targetName} (${targetAddr}), port ${targetPort} ${protocol}.`;
      setText(find("remove-text", HTMLElement), text);
      parts.dialog.showModal();
    },
    end: parts.end,
  };
}
