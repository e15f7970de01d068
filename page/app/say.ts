/** The line at the bottom of a page that says what was done. */
import { find, setText } from "./dom.js";

const MESSAGE_MS = 8_000;

let silence: ReturnType<typeof setTimeout> | undefined;

/** Shows a message for some seconds, and has screen readers announce it. */
export function say(text: string): void {
  const said = find("said", HTMLElement);
  setText(said, text);
  clearTimeout(silence);
  silence = setTimeout(() => setText(said, ""), MESSAGE_MS);
}

/** Puts a text on the clipboard. @param label names it in the message. */
export async function copy({ text, label }: { readonly text: string; readonly label: string }): Promise<void> {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  say(copied ? `Copied: ${label}.` : "This browser does not let the page copy: select the command instead.");
}
