/**
 * A client that asks what Apyfal's own RESTClient asks, in its order, with its spellings and its checks: the
 * last configuration first, configuration read back without a slash, polling without a pause, the result
 * fetched before its status is looked at, the process deleted whatever happened, and "/" before a stop.
 */
import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { defined } from "../../../base/defined.js";

interface ApyfalReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

// biome-ignore lint/suspicious/noExplicitAny: documents of the protocol, as a dynamic client sees them
export type Document = any;

export interface Session {
  send(method: string, url: string, what?: { headers?: Record<string, string>; body?: Buffer }): Promise<ApyfalReply>;
  close(): void;
  /** Methods and paths, as they were sent. */
  readonly sent: string[];
}

/** Pinned to one certificate, whatever name it has; connections are kept, as requests.Session does. */
export function session(ca: string | undefined, always: Record<string, string> = {}): Session {
  const agent = new Agent({ keepAlive: true, ca, checkServerIdentity: () => undefined });
  const sent: string[] = [];
  return {
    sent,
    close: () => agent.destroy(),
    send(method, url, { headers = {}, body } = {}) {
      const { pathname, search, protocol } = new URL(url);
      sent.push(`${method} ${pathname}${search}`);
      const length = body === undefined ? {} : { "Content-Length": String(body.length) };
      const options = { method, headers: { ...always, ...length, ...headers } };
      return new Promise((resolve, reject) => {
        const req = protocol === "http:" ? httpRequest(url, options) : httpsRequest(url, { ...options, agent });
        req.once("error", reject);
        req.once("response", (res) => {
          const chunks: Buffer[] = [];
          res.on("data", (chunk: Buffer) => chunks.push(chunk));
          res.once("error", reject);
          res.once("end", () =>
            resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }),
          );
        });
        req.end(body);
      });
    },
  };
}

/** Parts in the order given; a value that is bytes is the file. */
export function multipart(fields: Readonly<Record<string, string | Buffer>>, fileName = "src") {
  const boundary = randomBytes(16).toString("hex");
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    const file = typeof value === "string" ? "" : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from("\r\n")];
  });
  return {
    headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

const CONFIGURATION = {
  app: { reset: false, reload: true, "enable-sw-comparison": 0, logging: { format: 1, verbosity: 2 }, specific: {} },
  env: { client_id: "accelize-id", client_secret: "accelize-secret", apyfal_version: "1.2.7" },
};
const PROCESS = {
  app: { reset: false, "enable-sw-comparison": 0, logging: { format: 1, verbosity: 4 }, specific: {} },
};

export class ApyfalClient {
  configurationUrl: string | undefined;

  constructor(
    readonly url: string,
    readonly http: Session,
  ) {}

  /** What setting the URL of the host does. */
  async connect(): Promise<this> {
    const { body } = await this.http.send("GET", `${this.url}/v1.0/configuration/`);
    const last = JSON.parse(body.toString()).results?.[0];
    if (last !== undefined && last.used !== 0 && last.used !== false) this.configurationUrl = last.url;
    return this;
  }

  async start(options: { src?: Buffer | string; specific?: object; env?: object } = {}): Promise<Document> {
    const { src, specific = {}, env = {} } = options;
    const parameters = structuredClone(CONFIGURATION);
    Object.assign(parameters.app.specific, specific, typeof src === "string" ? { src, datafile: src } : {});
    Object.assign(parameters.env, env);
    const form = multipart(
      defined({
        parameters: JSON.stringify(parameters),
        datafile: Buffer.isBuffer(src) ? src : undefined,
      }),
    );
    const endpoint = `${this.url}/v1.0/configuration/`;
    const posted = check(await this.http.send("POST", endpoint, form));
    const result = posted.parametersresult;
    const read = check(await this.http.send("GET", endpoint + String(posted.id)));
    this.configurationUrl = read.url;
    checkStatus(result, "Failed to configure accelerator: ");
    return result;
  }

  /** @param dst whether the result is wanted here; a URL leaves it on the host. */
  async process(options: { src?: Buffer | string; dst?: boolean | string; specific?: object } = {}) {
    const { src, dst, specific = {} } = options;
    if (this.configurationUrl === undefined) {
      throw new Error("AcceleratorClient has not been configured. Use 'start' function.");
    }
    const parameters = structuredClone(PROCESS);
    Object.assign(
      parameters.app.specific,
      specific,
      typeof src === "string" ? { src, file_in: src } : {},
      typeof dst === "string" ? { dst, file_out: dst } : {},
    );
    const form = multipart(
      defined({
        parameters: JSON.stringify(parameters),
        configuration: this.configurationUrl,
        datafile: Buffer.isBuffer(src) ? src : undefined,
      }),
    );
    const endpoint = `${this.url}/v1.0/process/`;
    const { id } = check(await this.http.send("POST", endpoint, form));
    let output: Buffer | undefined;
    let document: Document;
    try {
      do document = check(await this.http.send("GET", endpoint + String(id)));
      while (!document.processed);
      // It copies whatever comes, and asks nobody whether it is a file.
      if (dst === true) output = (await this.http.send("GET", document.datafileresult)).body;
    } finally {
      await this.http.send("DELETE", endpoint + String(id));
    }
    const response = document.parametersresult;
    checkStatus(response, "Processing failed: ", output);
    return { result: response.app.specific, response, output, id };
  }

  /** @returns undefined where it finds nobody alive at "/". */
  async stop(): Promise<Document> {
    if ((await this.http.send("GET", this.url)).status >= 400) return undefined;
    return JSON.parse((await this.http.send("GET", `${this.url}/v1.0/stop/`)).body.toString());
  }
}

export class ClientError extends Error {
  constructor(
    message: string,
    readonly output?: Buffer,
  ) {
    super(message);
  }
}

function check({ status, body }: ApyfalReply): Document {
  if (status >= 400) throw new ClientError(`${status}: ${body.toString()}`);
  let document: Document;
  try {
    document = JSON.parse(body.toString());
  } catch {
    throw new ClientError("Unable to parse host response");
  }
  if (document.inerror ?? true) throw new ClientError(`Host returned an error: ${body.toString()}`);
  return document;
}

function checkStatus(result: Document, prefix: string, output?: Buffer): void {
  if (result.app?.status === undefined) throw new ClientError(`${prefix}No result returned`, output);
  if (result.app.status !== 0) throw new ClientError(prefix + result.app.msg, output);
}
