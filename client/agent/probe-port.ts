/** Whether a TCP port answers, as seen from this machine. */
import { connect } from "node:net";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";

export type PortAnswer =
  /** A connection was accepted. */
  | "open"
  /** The machine itself said that nothing listens: no packet filter was in the way. */
  | "refused"
  /** Silence: what a packet filter leaves. */
  | "no answer"
  /** Somebody on the way said that there is no way, or there is no such name. */
  | "unreachable";

export function probePort(host: string, port: number, timeout: number, signal?: AbortSignal): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = connect(defined({ host, port, signal }));
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
