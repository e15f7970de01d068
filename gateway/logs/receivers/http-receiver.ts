/** An HTTP collector: one POST of NDJSON per batch, acknowledged by a 2xx. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { defined } from "../../../base/defined.js";
import { TLS_CIPHERS } from "../../../base/tls-ciphers.js";
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
  const isTls = url.protocol === "https:";
  const pool = { keepAlive: true, maxSockets: connections };
  const tls = defined({ minVersion: "TLSv1.2", ciphers: TLS_CIPHERS, ca });
  const agent = isTls ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool);
  const authorization = url.username === "" ? undefined : `Basic ${credentials(url)}`;

  async function post({ id, records, payload }: Batch, signal: AbortSignal): Promise<void> {
    const { statusCode = 0 } = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = (isTls ? httpsRequest : httpRequest)(url, {
        method: "POST",
        agent,
        auth: null,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: defined({
          "content-type": contentType,
          "content-length": payload.length,
          "idempotency-key": `"${id}"`,
          "sallyport-records": records,
          authorization,
        }),
      });
      sent.once("error", reject);
      sent.once("response", (response) => {
        // Read the whole answer: the connection is reused for the next batch.
        response.once("error", reject).once("close", () => reject(new Error("the answer ended early")));
        response.once("end", () => resolve(response)).resume();
      });
      sent.end(payload);
    });
    // Redirects are not followed: they would send the log to an address that is not configured.
    if (statusCode < 200 || statusCode > 299) throw new Error(`the collector answered ${statusCode}`);
  }

  return {
    name: `${url.protocol}//${url.host}${url.pathname}`,
    window: connections,
    deliver: async (batches, signal) => {
      const outcomes = await Promise.allSettled(batches.map((batch) => post(batch, signal)));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
    close: async () => agent.destroy(),
  };
}

const credentials = ({ username, password }: URL) =>
  Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
