/** Connects to a TCP port and reports the answer, as a port scanner would see it. */
import { connect } from "node:net";

export interface ProbeResult {
  readonly port: number;
  readonly answer: "answered" | "refused" | "no answer";
  /** The first line of the answer, if the peer speaks first or got a request. */
  readonly said: string;
}

export function probePort(host: string, port: number, timeout: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let open = false;
    const end = (answer: ProbeResult["answer"], said = "") => {
      socket.destroy();
      clearTimeout(timer);
      resolve({ port, answer, said: said.split(/\r?\n/, 1)[0] ?? "" });
    };
    const timer = setTimeout(() => end(open ? "answered" : "no answer"), timeout);
    socket.once("connect", () => {
      open = true;
      if (port === 80) socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      // TLS stays silent until the client speaks TLS, so an accepted connection is the answer.
      if (port !== 22 && port !== 80) end("answered");
    });
    socket.once("data", (data: Buffer) => end("answered", data.toString("latin1")));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") end("refused");
      else end(open ? "answered" : "no answer", error.code);
    });
  });
}
