/** A value that is read again after it has expired. Concurrent callers share one read. */
export function cached<T>(ms: number, read: () => Promise<T>, now: () => number = Date.now): () => Promise<T> {
  let held: { readonly value: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (held !== undefined && now() < held.until) return held.value;
    const reading = { value: read(), until: now() + ms };
    held = reading;
    // Failures are not cached: the next call tries again.
    reading.value.catch(() => {
      if (held === reading) held = undefined;
    });
    return reading.value;
  };
}
