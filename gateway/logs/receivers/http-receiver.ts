/** An HTTP collector: one POST of NDJSON per batch, acknowledged by a 2xx. */

import { defined } from "../../../base/defined.js";
import { TLS_CIPHERS } from "../../../base/tls-ciphers.js";
import { HttpClient, originAndPath } from "../../../http/client/http-client.js";
import type { Batch } from "../spool.js";
import { type LogReceiver, type ReceiverOptions, TIMEOUT_MS } from "./receiver.js";

export interface HttpReceiverOptions extends ReceiverOptions {
  /** https:, or http: to this machine. */
  readonly url: URL;
  /** @default application/x-ndjson */
  readonly contentType?: string;
  /** @default 4 */
  readonly connections?: number;
}

export function httpReceiver(options: HttpReceiverOptions): LogReceiver {
  const { url, ca, timeoutMs = TIMEOUT_MS, contentType = "application/x-ndjson", connections = 4 } = options;
  const tls = defined({ minVersion: "TLSv1.2" as const, ciphers: TLS_CIPHERS, ca });
  const limits = { connectMs: timeoutMs, idleMs: timeoutMs };
  const client = new HttpClient({ via: { kind: "proxy", env: process.env, tls }, connections, ...limits });
  const authorization = url.username === "" ? undefined : `Basic ${credentials(url)}`;

  async function post({ id, records, payload }: Batch, signal: AbortSignal): Promise<void> {
    const { status, body } = await client.request({
      method: "POST",
      ...originAndPath(url),
      headers: defined({
        "content-type": contentType,
        "idempotency-key": `"${id}"`,
        "sallyport-records": records,
        authorization,
      }),
      body: payload,
      signal,
      totalMs: timeoutMs,
    });
    // Read the whole answer: the connection is reused for the next batch.
    for await (const _ of body);
    // Redirects are not followed: they would send the log to an address that is not configured.
    if (status < 200 || status > 299) throw new Error(`the collector answered ${status}`);
  }

  return {
    name: `${url.protocol}//${url.host}${url.pathname}`,
    window: connections,
    deliver: async (batches, signal) => {
      const outcomes = await Promise.allSettled(batches.map((batch) => post(batch, signal)));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
    close: async () => client.close(),
  };
}

const credentials = ({ username, password }: URL) =>
  Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
