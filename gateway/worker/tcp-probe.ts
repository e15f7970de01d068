/** Finds machines that drop ICMP echo requests, as many firewalls do. */
import { connect } from "node:net";
import { errno } from "../../base/fault.js";

/** A refused connection counts as an answer: only a live machine can refuse. */
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
