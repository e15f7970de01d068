/** Quotes words for a POSIX shell. */

/** Any text as one shell word, always in quotes. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** As {@link shellQuote}, but without quotes if they change nothing: for lines that people read and paste. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word);
}
