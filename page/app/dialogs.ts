/** What dialogs share: one request at a time, an error that screen readers announce, and a focus that returns. */
import { Refused } from "./api.js";
import { find, setText } from "./dom.js";

export interface DialogParts {
  readonly dialog: HTMLDialogElement;
  readonly form: HTMLFormElement;
  readonly error: HTMLElement;
  /** Aborted at sign-out, because the next session adds its own handlers. */
  readonly signal: AbortSignal;
  end(): void;
}

export function dialogParts(name: string): DialogParts {
  const ended = new AbortController();
  const dialog = find(`${name}-dialog`, HTMLDialogElement);
  return {
    dialog,
    signal: ended.signal,
    end() {
      ended.abort();
      dialog.close();
    },
    form: find(`${name}-form`, HTMLFormElement),
    error: find(`${name}-error`, HTMLElement),
  };
}

/** @param submit sends the request; the dialog closes when it resolves. @param refused called with the reason. */
export function wireDialog(parts: DialogParts, submit: () => Promise<void>, refused: (reason: string) => void): void {
  const { dialog, form, signal } = parts;
  form.querySelector("[data-close]")?.addEventListener("click", () => dialog.close(), { signal });
  let isBusy = false;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    form.setAttribute("aria-busy", "true");
    submit()
      .catch((error: unknown) => refused(reasonOf(error)))
      .finally(() => {
        isBusy = false;
        form.removeAttribute("aria-busy");
      });
  };
  form.addEventListener("submit", send, { signal });
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  throw error;
}

export const clearError = ({ error }: DialogParts) => setText(error, "");
