/** Asks before something is lost, or costs. One dialog of the page, for all questions of this kind. */
import { clearError, dialogParts, wireDialog } from "../../../page/app/dialogs.js";
import { find, setText } from "../../../page/app/dom.js";

export interface Question {
  readonly title: string;
  readonly text: string;
  /** On the button that goes on. */
  readonly action: string;
  /** Whether nothing is lost by it. @default false */
  readonly isHarmless?: boolean;
  /** Rejects with the server's refusal, which the dialog shows. @returns another question to ask in its place. */
  go(): Promise<Question | undefined>;
}

let current: Question | undefined;
let parts: ReturnType<typeof dialogParts> | undefined;

export function ask(question: Question): void {
  parts ??= wired();
  show(parts, question);
  if (!parts.dialog.open) parts.dialog.showModal();
}

function show(at: ReturnType<typeof dialogParts>, question: Question): void {
  current = question;
  clearError(at);
  setText(find("confirm-title", HTMLElement), question.title);
  setText(find("confirm-text", HTMLElement), question.text);
  const submit = find("confirm-submit", HTMLElement);
  setText(submit, question.action);
  submit.className = question.isHarmless === true ? "primary" : "danger";
}

function wired() {
  const made = dialogParts("confirm");
  wireDialog(
    made,
    async () => {
      const next = await current?.go();
      if (next === undefined) made.dialog.close();
      else show(made, next);
    },
    (reason) => setText(made.error, reason),
  );
  return made;
}
