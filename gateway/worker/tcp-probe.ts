/** Whether a machine that does not answer ICMP is there all the same: many firewalls drop echo requests. */
import { connect } from "node:net";
import { errno } from "../../base/fault.js";

/** A refusal is an answer too: only a machine that is there can give it. */
export function tcpAnswers(address: string, port: number, milliseconds = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(milliseconds, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", (error) => end(errno(error) === "ECONNREFUSED" || errno(error) === "ECONNRESET"));
  });
}
