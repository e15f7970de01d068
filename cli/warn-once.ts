import type { Context } from "./context.js";

/** Prints each warning once, however often its cause is met. */
export function warnOnce(warn: Context["warn"]): Context["warn"] {
  const printed = new Set<string>();
  return (line) => {
    if (printed.has(line)) return;
    printed.add(line);
    warn(line);
  };
}
