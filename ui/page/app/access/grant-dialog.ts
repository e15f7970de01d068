/** The dialog that lets someone in for a time. */
import { clearError, dialogParts, wireDialog } from "../../../../page/app/dialogs.js";
import { setText } from "../../../../page/app/dom.js";
import type { GrantDocument } from "../../../documents.js";

/** @param grant sends the request; rejects with the server's refusal. */
export function grantDialog(grant: (body: GrantDocument) => Promise<void>) {
  const parts = dialogParts("grant");
  const textOf = (name: string) => String(new FormData(parts.form).get(name) ?? "").trim();
  const words = (name: string) =>
    textOf(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  wireDialog(
    parts,
    async () => {
      clearError(parts);
      await grant({
        name: textOf("name"),
        from: words("from"),
        ports: words("ports"),
        for: textOf("for"),
        why: textOf("why"),
      });
      parts.dialog.close();
    },
    (reason) => setText(parts.error, reason),
  );
  return {
    /** @param ports those that the hosts open already. */
    open(ports: readonly string[]) {
      parts.form.reset();
      clearError(parts);
      (parts.form.elements.namedItem("ports") as HTMLInputElement).value = ports.join(", ");
      parts.dialog.showModal();
      (parts.form.elements.namedItem("name") as HTMLInputElement).focus();
    },
    end: parts.end,
  };
}
