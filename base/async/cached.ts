/** A value that is read again when it has expired. Callers at the same time share one reading. */
export function cached<T>(ms: number, read: () => Promise<T>, now: () => number = Date.now): () => Promise<T> {
  let held: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (held !== undefined && now() < held.until) return held.value;
    const reading = { value: read(), until: now() + ms };
    held = reading;
    // A failure is not kept: the next one who asks tries again.
    reading.value.catch(() => {
      if (held === reading) held = undefined;
    });
    return reading.value;
  };
}
