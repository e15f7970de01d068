/** A request body that reports its progress, and that stops where the answer came before its end. */
export interface WatchedBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Nothing more of the body is read or sent. */
  stop(): void;
}

export function watchBody(body: AsyncIterable<Uint8Array>, onProgress: () => void): WatchedBody {
  let stop = () => {};
  const stopped = new Promise<"stopped">((resolve) => {
    stop = () => resolve("stopped");
  });
  async function* chunks() {
    const source = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await Promise.race([source.next(), stopped]);
        // To end here would end the request as if it were whole. The connection ends with the answer.
        if (next === "stopped") return await new Promise<never>(() => undefined);
        onProgress();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await source.return?.();
    }
  }
  return { chunks: chunks(), stop: () => stop() };
}
