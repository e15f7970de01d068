/** Keeps what a page shows up to date: reads it every few seconds while the tab is visible. */
import { Refused } from "./api.js";

const REFRESH_MS = 4_000;

export interface LiveEvents<T> {
  show(value: T): void;
  /** The server does not answer, or answers with an error: what is shown may be old. */
  onStale(reason: string): void;
  /** The server no longer accepts the token. */
  onRefused(reason: string): void;
}

export interface Live {
  /** Reads and shows it now, and again after the usual interval. */
  refresh(): Promise<void>;
  end(): void;
}

/** The first read begins at once. @param read rejects with `Refused`. */
export function keepLive<T>(read: () => Promise<T>, { show, onStale, onRefused }: LiveEvents<T>): Live {
  const ended = new AbortController();
  const { signal } = ended;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const value = await read();
      if (!signal.aborted) show(value);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) return onRefused(error.message);
      onStale(error.message);
    } finally {
      clearTimeout(timer);
      if (!signal.aborted && !document.hidden) timer = setTimeout(() => void refresh(), REFRESH_MS);
    }
  };
  document.addEventListener("visibilitychange", () => void refresh(), { signal });
  void refresh();
  return {
    refresh,
    end() {
      ended.abort();
      clearTimeout(timer);
    },
  };
}
