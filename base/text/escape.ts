/**
 * Text from elsewhere (a host's response, a file name) must not control the reader's terminal. Control characters, and
 * the marks that reverse the reading direction, are shown instead of executed.
 */

const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
// Colours from our own code. They can hide or paint text, and nothing else.
const colour = new RegExp(`(${String.fromCharCode(0x1b)}\\[[0-9;]*m)`);

/** Escapes control characters, except line breaks and tabs. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** Escapes line breaks and tabs, for a value that is to stay within its line and column. */
export function escapeBreaks(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** As {@link escapeControls}, but colour sequences stay. */
export function escapeExceptColour(text: string): string {
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : escapeControls(part)))
    .join("");
}
