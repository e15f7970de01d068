/** JSON lines. */
import { type Logger, pino } from "pino";

/** @param fd 1 for a daemon, 2 if stdout is for data. */
export function openLog(fd: 1 | 2, level: "info" | "error" = "info"): Logger {
  const options = {
    base: null,
    messageKey: "message",
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, pino.destination({ dest: fd, sync: true }));
}
