/**
 * A gateway from the view of its users: their forwards, machines and usage.
 *
 * Whatever vLab's server supports goes through vLab's routes. It therefore works with a gateway of this kit, with
 * vLab's own server, and through vLab's central server, which forwards these routes. Features of this kit alone are
 * under /v1.
 */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Static, TSchema } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { retryDelay } from "../agent/retry.js";
import { type Exchange, Transport } from "../tls/transport.js";
import type { Trust } from "../tls/trust.js";
import { type Body, checked, contentOf, Machines, Made, Ports, readAnswer, SignInCode } from "./answers.js";
import { badGateway, onlyVlab, refused } from "./errors.js";

export interface GatewayOptions {
  /** `https://HOST[:PORT]`. */
  readonly url: string;
  readonly trust: Trust;
  readonly token: string;
  readonly signal?: AbortSignal;
  /** Identifies every request of this client. @default - a new UUID */
  readonly requestId?: string;
  /** Called before each wait, with its length in milliseconds. */
  readonly onRetry?: (delay: number) => void;
  /** @default the clock */
  readonly wait?: (delay: number) => Promise<void>;
}

/** Who may use a forward, and until when; empty for a forward that is open to all and does not end. */
export interface Restrictions {
  /** Blocks of addresses. */
  readonly sources?: readonly string[];
  /** ISO 8601. */
  readonly expiresAt?: string;
  /** False if `sources` lack the address that this client asks from. */
  readonly admitsYou?: boolean;
}

/** A forward as a client knows it. */
export interface KnownForward extends Restrictions {
  readonly connPort: number;
  readonly name: string;
  readonly component: string;
  readonly targetAddr: string;
  readonly targetPort: number;
  readonly protocol: "tcp" | "udp";
  /**
   * The address of its port, if not the gateway's own: a machine with an IPv6 address is reached at the gateway's IPv6
   * address.
   */
  readonly gatewayAddress?: string;
}

export interface KnownForwards {
  /** Sorted by port. */
  readonly forwards: readonly KnownForward[];
  /** The address of the ports. */
  readonly gatewayAddress: string;
}

export interface WantedForward {
  readonly name: string;
  readonly component: string;
  readonly targetAddr: string;
  readonly targetPort: number;
}

/** Options that vLab's own server does not have. */
export interface ForwardExtras {
  readonly protocol?: "tcp" | "udp";
  readonly connPort?: number;
  /** Addresses and blocks that may use it; empty for all. @default - as the gateway is set up: usually your address */
  readonly sources?: readonly string[];
  /** Seconds; null for never. @default - as the gateway is set up: usually 8 hours */
  readonly expiresIn?: number | null;
  /** The owner of the new forward; only an admin may set it. */
  readonly owner?: string;
  readonly idempotencyKey?: string;
}

const PORTMAP = "/api/1/ipam/portmap";
const USER_AGENT = "sallyport";

export class GatewayClient {
  readonly requestId: string;
  readonly #transport: Transport;
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    const { host, port } = gatewayAt(options.url);
    const { trust, signal } = options;
    this.#options = options;
    this.requestId = options.requestId ?? randomUUID();
    this.#transport = new Transport(defined({ host, port, trust, signal }));
  }

  /** `host:port`, for messages. */
  get at(): string {
    return this.#transport.at;
  }

  /** The user's forwards; for a machine, all forwards to it. */
  async forwards(name?: string): Promise<KnownForwards> {
    const query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
    const { ports, gateway_ip } = await this.#vlab("GET", PORTMAP + query, Ports);
    const forwards = Object.entries(ports).map(([port, { target_addr, target_port, ...rest }]) =>
      defined({
        connPort: Number(port),
        targetAddr: target_addr,
        targetPort: target_port,
        name: rest.name,
        component: rest.component,
        protocol: rest.protocol ?? ("tcp" as const),
        gatewayAddress: rest.gateway_ip,
        ...restrictionsIn(rest),
      }),
    );
    return {
      // vLab's server compares with LIKE, so a "%" or "_" in a name matches other names too.
      forwards: forwards
        .filter((forward) => name === undefined || forward.name === name)
        .sort((a, b) => a.connPort - b.connPort),
      gatewayAddress: gateway_ip === "" ? this.#transport.host : gateway_ip,
    };
  }

  /** Opens a forward. @returns its port on the gateway, and what restricts it. */
  async create(
    wanted: WantedForward,
    extras: ForwardExtras = {},
  ): Promise<Restrictions & { readonly connPort: number }> {
    const body = {
      target_addr: wanted.targetAddr,
      target_port: wanted.targetPort,
      target_name: wanted.name,
      target_component: wanted.component,
    };
    const { protocol, connPort, sources, expiresIn, owner, idempotencyKey } = extras;
    const more = { protocol, conn_port: connPort, sources, expires_in: expiresIn, owner };
    const isPlain = Object.values(more).every((value) => value === undefined);
    const headers = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    const made = isPlain
      ? await this.#vlab("POST", PORTMAP, Made, body, headers)
      : await this.#native(
          "POST",
          "/v1/forwards",
          Made,
          "ports, sources, protocols and expiry",
          { ...body, ...more },
          headers,
        );
    return { connPort: made.conn_port, ...restrictionsIn(made) };
  }

  /** @returns false if there was no such forward. */
  async remove(connPort: number): Promise<boolean> {
    try {
      await this.#ask("DELETE", PORTMAP, { body: { conn_port: connPort }, vlab: true });
      return true;
    } catch (error) {
      if (error instanceof Fault && error.code === "gateway/not-found") return false;
      // vLab's own server reports this with a 500.
      if (error instanceof Fault && /Unable to find iptable rule/.test(error.message)) return false;
      throw error;
    }
  }

  /** Machines that have forwards, with their addresses and whether they are alive. */
  machines(name?: string): Promise<Machines> {
    const query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
    return this.#vlab("GET", `/api/1/ipam/addr${query}`, Machines);
  }

  /**
   * A request that only a gateway of this kit supports. @param what names the feature in the error for vLab's server.
   */
  ask<S extends TSchema>(path: string, schema: S, what: string) {
    return this.#native("GET", path, schema, what);
  }

  /** A link that signs the user of this client's token in to the gateway's page, once. */
  async signInLink(): Promise<{ readonly url: string; readonly seconds: number }> {
    const { code, expires_in } = await this.#native("POST", "/v1/sign-in", SignInCode, "sign-in links");
    return { url: `${new URL(this.#options.url).origin}/#sign-in=${code}`, seconds: expires_in };
  }

  close(): void {
    this.#transport.close();
  }

  async #vlab<S extends TSchema>(
    method: Exchange["method"],
    path: string,
    schema: S,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const answer = await this.#ask(method, path, defined({ vlab: true, headers, body }));
    return contentOf(answer, schema, this.at);
  }

  async #native<S extends TSchema>(
    method: Exchange["method"],
    path: string,
    schema: S,
    what: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const request = defined({ vlab: false, headers, body });
    const answer = await this.#ask(method, path, request).catch((error: unknown) => {
      // Under /v1, 404 can only mean that the route itself is unknown.
      if (error instanceof Fault && error.code === "gateway/not-found") throw onlyVlab(this.at, what);
      throw error;
    });
    return checked(answer.value, schema, this.at);
  }

  async #ask(
    method: Exchange["method"],
    path: string,
    request: { readonly vlab: boolean; readonly body?: object; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Body> {
    const { onRetry, signal, wait = (ms: number) => sleep(ms, undefined, signal && { signal }) } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#transport.send({ ...this.#exchange(method, path, request), anyStatus: true });
      const answer = await readAnswer(response, this.at);
      if (answer.status >= 200 && answer.status < 300) return answer;
      // 503 means that nothing was done, so even a POST may be repeated.
      const delay = answer.status === 503 ? retryDelay(attempt, response.headers["retry-after"]) : undefined;
      if (delay === undefined) throw refused(this.at, answer.status, answer.said, this.requestId);
      onRetry?.(delay);
      await wait(delay);
    }
  }

  #exchange(
    method: Exchange["method"],
    path: string,
    { vlab, body, headers }: { readonly vlab: boolean; readonly body?: object; readonly headers?: object },
  ): Exchange {
    const { token } = this.#options;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return defined({
      method,
      path,
      headers: {
        Accept: "application/json",
        "User-Agent": USER_AGENT,
        "X-Request-Id": this.requestId,
        ...(vlab ? { "X-Auth": token } : { Authorization: `Bearer ${token}` }),
        ...defined({
          "Content-Type": bytes === undefined ? undefined : "application/json",
          "Content-Length": bytes === undefined ? undefined : bytes.length,
        }),
        ...headers,
      },
      body: bytes === undefined ? undefined : Readable.from([bytes]),
    });
  }
}

function restrictionsIn({ sources, expires_at, admits_you }: Partial<Static<typeof Made>>): Restrictions {
  const some = sources === undefined || sources.length === 0 ? undefined : sources;
  return defined({ sources: some, expiresAt: expires_at, admitsYou: admits_you });
}

/** Host and port of `https://HOST[:PORT]`, the only accepted form of a gateway's URL. */
export function gatewayAt(url: string): { readonly host: string; readonly port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isOrigin = parsed !== undefined && [parsed.origin, `${parsed.origin}/`].includes(parsed.href);
  if (!isOrigin || parsed.protocol !== "https:") throw badGateway(url);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? 443 : Number(parsed.port),
  };
}
