/** Fails with `late()` unless `work` settles within `limitMs`. The work itself goes on. */
export function within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  return Promise.race([work, expired]).finally(() => clearTimeout(timer));
}
