/** Words for a POSIX shell. */

/** One word, whatever is in it, always in quotes. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** As {@link shellQuote}, but bare where quoting changes nothing: for lines that people read and paste. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word);
}
