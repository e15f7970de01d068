/**
 * One call of a JSON API of AWS's, for services whose SDK client would be installed for a single question. Signature
 * Version 4, for a POST to "/" without a query.
 */
import { createHash, createHmac } from "node:crypto";
import { defined } from "../../base/defined.js";
import { NotFromAws, notFromAws } from "./aws-answers.js";
import { HttpClient } from "./http-client.js";
import { readBody } from "./read-body.js";

export interface AwsJsonCall {
  /** `https://servicequotas.eu-west-1.amazonaws.com` */
  readonly endpoint: string;
  /** Of the signature. */
  readonly service: string;
  readonly region: string;
  /** `ServiceQuotasV20190624.GetServiceQuota` */
  readonly target: string;
  readonly body: object;
  readonly credentials: AwsSigner;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

interface AwsSigner {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** @throws Error named after AWS's code, as the SDK's are; NotFromAws */
export async function callAwsJson(call: AwsJsonCall, now = new Date()): Promise<unknown> {
  const { endpoint, env, signal } = call;
  const { origin, host } = new URL(endpoint);
  const body = Buffer.from(JSON.stringify(call.body));
  const client = new HttpClient({ via: { kind: "proxy", env }, keepAlive: false, connectMs: 5_000, idleMs: 10_000 });
  try {
    const headers = signedHeaders({ ...call, host, body, now });
    const answer = await client.request({ method: "POST", origin, path: "/", headers, body, signal });
    const bytes = await readBody(answer.body, MAX_BYTES);
    const found = notFromAws(bytes, answer.status);
    if (found !== undefined) throw new NotFromAws(origin, answer.status, found);
    const value = parsed(bytes);
    if (answer.status === 200 && value !== undefined) return value;
    throw refusal(answer.status, value);
  } finally {
    client.close();
  }
}

interface Signed extends Pick<AwsJsonCall, "service" | "region" | "target" | "credentials"> {
  readonly host: string;
  readonly body: Uint8Array;
  readonly now: Date;
}

/** Pure. */
export function signedHeaders({ host, body, now, service, region, target, credentials }: Signed) {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const headers: Record<string, string> = defined({
    "content-type": "application/x-amz-json-1.1",
    host,
    "x-amz-date": time,
    "x-amz-security-token": credentials.sessionToken,
    "x-amz-target": target,
  });
  // The names above are in order.
  const names = Object.keys(headers).join(";");
  const canonical = [
    "POST",
    "/",
    "",
    ...Object.entries(headers).map((pair) => pair.join(":")),
    "",
    names,
    sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce(hmac, Buffer.from(`AWS4${credentials.secretAccessKey}`));
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, text).toString("hex")}`;
  return { ...headers, authorization };
}

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function refusal(status: number, value: unknown): Error {
  const { __type = "UnknownError", message, Message } = (value ?? {}) as Record<string, unknown>;
  const name = String(__type).replace(/^.*#/, "");
  return Object.assign(new Error(String(message ?? Message ?? `status ${status}`)), {
    name,
    $metadata: { httpStatusCode: status },
  });
}
