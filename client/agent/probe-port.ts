/** Whether a TCP port answers, as seen from this machine. */
import { connect } from "node:net";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";

export type PortAnswer =
  /** A connection was accepted. */
  | "open"
  /** The machine itself reported that nothing listens: no packet filter was in the way. */
  | "refused"
  /** No answer at all, as behind a packet filter. */
  | "no answer"
  /** A router reported that there is no route, or the name does not resolve. */
  | "unreachable";

export function probePort(host: string, port: number, timeout: number, signal?: AbortSignal): Promise<PortAnswer> {
  return new Promise((resolve) => {
    // Of the caller's own signal, many ports at once would make Node warn of a leak of listeners.
    const own = signal === undefined ? undefined : AbortSignal.any([signal]);
    const socket = connect(defined({ host, port, signal: own }));
    const timer = setTimeout(() => settle("no answer"), timeout);
    const settle = (answer: PortAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle("open"));
    socket.on("error", (error) => {
      const code = errno(error);
      settle(code === "ECONNREFUSED" ? "refused" : code === "ETIMEDOUT" ? "no answer" : "unreachable");
    });
  });
}
