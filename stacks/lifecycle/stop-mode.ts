/** The meaning of stopping a host: `term` (terminate), `stop` (can be started again) or `keep`. */
import * as errors from "./errors.js";

export type StopMode = "term" | "stop" | "keep";

const MODES: Readonly<Record<string, StopMode>> = {
  term: "term",
  stop: "stop",
  keep: "keep",
  "0": "term",
  "1": "stop",
  "2": "keep",
};

/** Accepts any letter case, and Apyfal's numbers. @throws Fault (exit status 2) */
export function parseStopMode(text: string): StopMode {
  const key = text.trim().toLowerCase();
  const mode = Object.hasOwn(MODES, key) ? MODES[key] : undefined;
  if (mode === undefined) throw errors.badStopMode(text);
  return mode;
}
