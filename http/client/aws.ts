/**
 * What every client of AWS's SDK on a user's machine shares: it reaches AWS through the one outbound client, so with the
 * environment's proxy, with the credentials that Terraform takes, and it accepts AWS's own answers only.
 */
import { defined } from "../../base/defined.js";
import { MAX_ANSWER_BYTES, NotFromAws, notFromAws } from "./aws-answers.js";
import { HttpTimeout, networkCode, networkText } from "./errors.js";
import { HttpClient, type HttpRequest } from "./http-client.js";
import { readBody } from "./read-body.js";

export interface AwsConnectionOptions {
  /** @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** A profile that the user named for this call; it wins over the environment's keys. */
  readonly profile?: string | undefined;
  /** Milliseconds until an answer begins, and in which no byte moves. @default 30000 */
  readonly requestMs?: number;
  /** Milliseconds until a connection is open. @default 5000 */
  readonly connectMs?: number;
}

/** For the configuration of a client, beside its region. */
export interface AwsConnection {
  readonly requestHandler: AwsRequestHandler;
  /** For the clients with which the SDK fetches credentials: the one of IAM Identity Center takes no other handler. */
  readonly clientConfig: { readonly requestHandler: AwsRequestHandler };
  /** The environment's keys. @default - the SDK's own chain */
  readonly credentials?: AwsKeys;
  readonly profile?: string;
}

interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** @example new EC2Client({ region, ...awsConnection() }) */
export function awsConnection(options: AwsConnectionOptions = {}): AwsConnection {
  const requestHandler = new AwsRequestHandler(options);
  const { env = process.env, profile } = options;
  const credentials = profile === undefined ? keysOf(env) : undefined;
  return defined({ requestHandler, clientConfig: { requestHandler }, profile, credentials });
}

/** Terraform and AWS's CLI take these before AWS_PROFILE. The SDK alone does not, and would act in another account. */
function keysOf(env: NodeJS.ProcessEnv): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return defined({ accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN || undefined });
}

/** The SDK's request, as far as it is used here. */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly body?: unknown;
}

interface AwsResponse {
  readonly statusCode: number;
  readonly reason: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

interface CallOptions {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number;
}

class AwsRequestHandler {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #http: HttpClient;

  constructor({ env = process.env, requestMs = 30_000, connectMs = 5_000 }: AwsConnectionOptions) {
    this.#http = new HttpClient({ via: { kind: "proxy", env }, connectMs, idleMs: requestMs });
  }

  /** @throws Error with the names and codes by which the SDK knows what may be sent again; NotFromAws */
  async handle(
    request: AwsRequest,
    { abortSignal, requestTimeout }: CallOptions = {},
  ): Promise<{ response: AwsResponse }> {
    const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
    const origin = originOf(request);
    try {
      const { status, statusText, headers, body } = await this.#http.request(
        defined({
          origin,
          path: request.path + queryOf(request.query),
          method: request.method as HttpRequest["method"],
          headers: request.headers,
          body: bodyOf(request.body),
          signal,
          answerMs: requestTimeout,
        }),
      );
      const bytes = await readBody(body, MAX_ANSWER_BYTES);
      const found = notFromAws(bytes, status);
      if (found !== undefined) throw new NotFromAws(origin, status, found);
      return { response: { statusCode: status, reason: statusText, headers: defined(headers), body: bytes } };
    } catch (error) {
      if (signal?.aborted) throw Object.assign(new Error("Request aborted"), { name: "AbortError" });
      throw error instanceof NotFromAws ? error : sdkError(error);
    }
  }

  destroy(): void {
    this.#http.close();
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function originOf({ protocol, hostname, port }: AwsRequest): string {
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
}

function queryOf(query: AwsRequest["query"] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === null) return [escaped(name)];
    return [value].flat().map((each) => `${escaped(name)}=${escaped(each)}`);
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** As the signature was made over it (RFC 3986): encodeURIComponent leaves five characters more alone. */
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);

function bodyOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new Error("this client sends texts and bytes only");
}

function sdkError(error: unknown): Error {
  const name = error instanceof HttpTimeout || networkCode(error) === "ETIMEDOUT" ? "TimeoutError" : "Error";
  const code = networkCode(error);
  return Object.assign(new Error(networkText(error), { cause: error }), { name, ...defined({ code }) });
}
