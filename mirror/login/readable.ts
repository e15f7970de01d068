/** What `read` returns; undefined where it throws, as for a file that its own program refuses too. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
