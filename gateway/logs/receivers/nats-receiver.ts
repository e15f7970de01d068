/**
 * NATS JetStream: one message per batch, acknowledged when the stream has stored it. The batch's id is the message's
 * id, so that the stream drops duplicates within its window.
 */

import { isIP } from "node:net";
import { type JetStreamClient, jetstream } from "@nats-io/jetstream";
import { connect, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import { defined } from "../../../base/defined.js";
import { TLS_CIPHERS } from "../../../base/tls-ciphers.js";
import { hostInUrl } from "../../../net/address.js";
import type { Batch } from "../spool.js";
import { type LogReceiver, type ReceiverOptions, TIMEOUT_MS } from "./receiver.js";

export interface NatsReceiverOptions extends ReceiverOptions {
  readonly host: string;
  /** @default 4222 */
  readonly port?: number;
  readonly subject: string;
  /** Required unless the server is this machine. */
  readonly tls: boolean;
  readonly user?: string;
  readonly password?: string;
}

export function natsReceiver(options: NatsReceiverOptions): LogReceiver {
  const { host, port = 4222, subject, timeoutMs = TIMEOUT_MS } = options;
  let open: Promise<{ connection: NatsConnection; stream: JetStreamClient }> | undefined;

  async function join() {
    const connection = await connect(
      defined({
        servers: `${hostInUrl(host)}:${port}`,
        // The sender retries and logs it. Other servers of a cluster are not configured here.
        reconnect: false,
        ignoreClusterUpdates: true,
        timeout: timeoutMs,
        user: options.user,
        pass: options.user === undefined ? undefined : (options.password ?? ""),
        tls: options.tls ? tlsOptions(host, options.ca) : undefined,
      }),
    );
    return { connection, stream: jetstream(connection, { timeout: timeoutMs }) };
  }

  async function leave(): Promise<void> {
    const was = open;
    open = undefined;
    await was?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  async function deliver(batches: readonly Batch[], signal: AbortSignal): Promise<void> {
    const abort = () => void leave();
    signal.addEventListener("abort", abort, { once: true });
    try {
      open ??= join();
      const { stream } = await open;
      signal.throwIfAborted();
      const sent = await Promise.allSettled(
        batches.map(({ id, payload }) => stream.publish(subject, payload, { msgID: id })),
      );
      for (const outcome of sent) if (outcome.status === "rejected") throw explained(outcome.reason, subject);
    } catch (error) {
      await leave();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  const scheme = options.tls ? "nats+tls" : "nats";
  return { name: `${scheme}://${host}:${port}/${subject}`, window: 16, deliver, close: leave };
}

/** The library passes options that its types lack to Node's tls.connect(). */
function tlsOptions(host: string, ca: string | undefined): TlsOptions {
  // An address is no server name; without a host either, Node would verify the name "localhost".
  const name = isIP(host) === 0 ? { servername: host } : { host };
  const more = { ...name, minVersion: "TLSv1.2", ciphers: TLS_CIPHERS };
  return { ...more, ...defined({ ca }) };
}

function explained(error: unknown, subject: string): unknown {
  // The library's words for a subject without a stream.
  if (!(error instanceof Error) || !/no responders|jetstream is not enabled/i.test(`${error.name} ${error.message}`)) {
    return error;
  }
  return new Error(`no stream stores "${subject}": make one with this subject`, { cause: error });
}
