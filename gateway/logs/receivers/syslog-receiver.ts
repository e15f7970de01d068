/**
 * Syslog over TLS (RFC 5425). The protocol has no acknowledgements, and written bytes may still be in our buffers when
 * the receiver dies. So each connection carries a few batches and is then closed for writing. If the receiver answers
 * by closing its side without an error, it has taken everything.
 */
import { once } from "node:events";
import { hostname } from "node:os";
import { connect, type TLSSocket } from "node:tls";
import { defined } from "../../../base/defined.js";
import { TLS_CIPHERS } from "../../../base/tls-ciphers.js";
import type { Batch } from "../spool.js";
import { type LogReceiver, type ReceiverOptions, TIMEOUT_MS } from "./receiver.js";
import { syslogFrame } from "./syslog-message.js";

export interface SyslogReceiverOptions extends ReceiverOptions {
  readonly host: string;
  /** @default 6514 */
  readonly port?: number;
  /** @default - the name of this machine */
  readonly hostname?: string;
}

export function syslogReceiver(options: SyslogReceiverOptions): LogReceiver {
  const { host, port = 6514, ca, timeoutMs = TIMEOUT_MS } = options;
  const sender = { hostname: options.hostname ?? hostname() };
  let session: Buffer | undefined;

  async function deliver(batches: readonly Batch[], signal: AbortSignal): Promise<void> {
    // Node's types lack this option.
    const halfOpen = { allowHalfOpen: true } as object;
    const socket = connect({
      ...halfOpen,
      host,
      port,
      servername: /^[\d.]+$|:/.test(host) ? "" : host,
      minVersion: "TLSv1.2",
      ciphers: TLS_CIPHERS,
      ...defined({ ca, session }),
    });
    socket.on("session", (ticket: Buffer) => {
      session = ticket;
    });
    const abort = () => socket.destroy(new Error("given up"));
    signal.addEventListener("abort", abort, { once: true });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`nothing heard for ${timeoutMs} ms`)));
    try {
      if (signal.aborted) abort();
      await converse(socket, batches);
    } catch (error) {
      session = undefined;
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      socket.destroy();
    }
  }

  async function converse(socket: TLSSocket, batches: readonly Batch[]): Promise<void> {
    let isDone = false;
    // A receiver that closes before we are done has not taken everything, even without an error.
    const answered = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("end", () => (isDone ? resolve() : reject(new Error("the receiver closed the connection"))));
      socket.once("close", () => reject(new Error("the connection was closed without an answer")));
    });
    answered.catch(() => undefined);
    socket.resume();
    await Promise.race([once(socket, "secureConnect"), answered]);
    for (const { payload } of batches) {
      const frames = lines(payload).map((line) => syslogFrame(line, sender));
      if (!socket.write(frames.join(""))) await Promise.race([once(socket, "drain"), answered]);
    }
    isDone = true;
    socket.end();
    await answered;
  }

  return { name: `syslog+tls://${host}:${port}`, window: 16, deliver, close: async () => undefined };
}

const lines = (payload: Uint8Array) => Buffer.from(payload).toString("utf8").split("\n").slice(0, -1);
