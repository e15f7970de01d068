/**
 * A proxy in front of the EC2 emulator that behaves as EC2 does on a bad day, and as it does on any
 * day where the emulator is kinder: it enforces the version of a prefix list and the entries per call.
 */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { textOf } from "./raw-ec2.js";

/** `lost` and `cut` both break the connection: before the call reached EC2, or after it took effect. */
export type InjectedFault = "throttled" | "unavailable" | "internal" | "lost" | "cut" | Refusal;

/** An error of EC2's own, in place of the call. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  /** @default 400 */
  readonly status?: number;
}

export interface Call {
  readonly action: string;
  readonly params: URLSearchParams;
}

export interface FaultProxyOptions {
  readonly upstream: string;
  /** What goes wrong with this call, if anything. */
  readonly fault?: (call: Call) => InjectedFault | undefined;
  /** Somebody else acts just before the call is forwarded. */
  readonly before?: (call: Call) => Promise<void>;
  /** Looks at the world just after the call took effect, before its answer leaves. */
  readonly after?: (call: Call) => Promise<void>;
  /** Milliseconds that each call takes longer: a round trip. */
  readonly roundTripMs?: number;
  /** Items per page, where EC2 paginates. */
  readonly pageSize?: number;
  /** Changes to prefix lists take a while, during which no other change is accepted. */
  readonly slowLists?: boolean;
}

export class FaultProxy {
  readonly calls: Call[] = [];
  /** A failure of `before` or `after`: the test's own, so the test must ask for it. */
  readonly failures: unknown[] = [];
  readonly #server: Server;
  readonly #busyLists = new Set<string>();
  readonly #agent = new Agent({ noDelay: true });

  private constructor(private readonly options: FaultProxyOptions) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Names of the calls since the last time it was asked. */
  takeCalls(): string[] {
    return this.calls.splice(0).map(({ action }) => action);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await text(incoming);
      const params = new URLSearchParams(body);
      const call: Call = { action: params.get("Action") ?? "", params };
      this.calls.push(call);
      if (this.options.roundTripMs) await delay(this.options.roundTripMs);
      const fault = this.options.fault?.(call);
      if (fault === "lost") return void incoming.socket.destroy();
      if (fault === "throttled") return refuse(response, 400, "RequestLimitExceeded", "Request limit exceeded.");
      if (fault === "unavailable") return refuse(response, 503, "Unavailable", "The service is unavailable.");
      if (typeof fault === "object") return refuse(response, fault.status ?? 400, fault.code, fault.message);
      await this.options.before?.(call);
      const answer = (await this.#refusal(call)) ?? (await this.#forward(incoming, call));
      await this.options.after?.(call);
      if (fault === "cut") return void incoming.socket.destroy();
      if (fault === "internal") return refuse(response, 500, "InternalError", "An internal error has occurred.");
      response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.body);
    } catch (error) {
      this.failures.push(error);
      incoming.socket.destroy();
    }
  }

  /** What EC2 refuses and the emulator does not. */
  async #refusal({ action, params }: Call): Promise<UpstreamResponse | undefined> {
    if (action !== "ModifyManagedPrefixList") return undefined;
    const id = params.get("PrefixListId") ?? "";
    if ([...params.keys()].filter((key) => /^(Add|Remove)Entry\.\d+\.Cidr$/.test(key)).length > 100) {
      return problem("InvalidParameterValue", "The number of entries per request cannot exceeds limit (100).");
    }
    if (this.#busyLists.has(id)) return problem("IncorrectState", "The prefix list is being modified.");
    const list = await this.#ask(
      new URLSearchParams({ Action: "DescribeManagedPrefixLists", Version: "2016-11-15", "PrefixListId.1": id }),
    );
    if (params.get("CurrentVersion") === textOf(list, "version")) return undefined;
    return problem("PrefixListVersionMismatch", "The prefix list has the incorrect version number.");
  }

  async #forward(incoming: IncomingMessage, { action, params }: Call): Promise<UpstreamResponse> {
    const asked = new URLSearchParams(params);
    const offset = Number(params.get("NextToken") ?? 0);
    for (const key of ["NextToken", "MaxResults"]) asked.delete(key);
    const answer = await this.#send(asked, incoming.headers.authorization ?? "");
    const body = this.options.pageSize ? page(answer.body, offset, this.options.pageSize) : answer.body;
    return { status: answer.status, body: this.options.slowLists ? this.#slow(action, params, body) : body };
  }

  /** The answer to a change, and to the first question after it, say that it is under way. */
  #slow(action: string, params: URLSearchParams, body: string): string {
    const id = params.get("PrefixListId") ?? params.get("PrefixListId.1") ?? "";
    if (action === "ModifyManagedPrefixList") this.#busyLists.add(id);
    else if (action !== "DescribeManagedPrefixLists" || !this.#busyLists.delete(id)) return body;
    return body.replaceAll("modify-complete", "modify-in-progress");
  }

  async #ask(params: URLSearchParams): Promise<string> {
    return (await this.#send(params, ROUTE)).body;
  }

  /** Bare HTTP: what the proxy itself costs would be counted as EC2's. */
  #send(params: URLSearchParams, authorization: string): Promise<UpstreamResponse> {
    const form = params.toString();
    const headers = {
      authorization,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": Buffer.byteLength(form),
    };
    return new Promise((resolve, reject) => {
      const onAnswer = (response: IncomingMessage) =>
        text(response).then((body) => resolve({ status: response.statusCode ?? 500, body }), reject);
      request(this.options.upstream, { method: "POST", headers, agent: this.#agent }, onAnswer)
        .on("error", reject)
        .end(form);
    });
  }
}

interface UpstreamResponse {
  readonly status: number;
  readonly body: string;
}

/** By this the emulator knows which service is meant; it checks no signature. */
const ROUTE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";

function problem(code: string, message: string, status = 400): UpstreamResponse {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<Response><Errors>${error}</Errors><RequestID>0</RequestID></Response>` };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "text/xml" }).end(problem(code, message, status).body);
}

/** Cuts a page out of the one set of items that a whole answer has, and says where the next begins. */
function page(body: string, offset: number, size: number): string {
  const [, open, inner = "", close] = /(<(?:securityGroupRuleSet|entrySet)>)([\s\S]*)(<\/\w+Set>)/.exec(body) ?? [];
  if (open === undefined || close === undefined) return body;
  const items = topLevelItems(inner);
  const next = offset + size < items.length ? `<nextToken>${offset + size}</nextToken>` : "";
  return body.replace(
    `${open}${inner}${close}`,
    `${open}${items.slice(offset, offset + size).join("")}${close}${next}`,
  );
}

function topLevelItems(xml: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (const tag of xml.matchAll(/<(\/?)item>/g)) {
    if (tag[1] === "") {
      if (depth === 0) start = tag.index;
      depth += 1;
    } else {
      depth -= 1;
      if (depth === 0) items.push(xml.slice(start, tag.index + tag[0].length));
    }
  }
  return items;
}

async function text(message: IncomingMessage): Promise<string> {
  let body = "";
  message.setEncoding("utf8");
  for await (const chunk of message) body += chunk;
  return body;
}
