/** A client that sends one random request after the other over HTTPS, and records the answers. */
import { Agent, request } from "node:https";
import { defined } from "../../../base/defined.js";
import type { Random } from "../../support/random.js";
import type { Create, Event, ObservedForward } from "./history.js";

export interface Endpoint {
  readonly socketPath: string;
  readonly ca: string;
}

export interface GatewayAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  readonly json: any;
}

/** Shared by all clients: the events in their order. */
export interface Recorder {
  readonly events: Event[];
  tick(): number;
}

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly owner: string;
  readonly token: string;
  readonly random: Random;
  readonly record: Recorder;
  readonly ports: { readonly min: number; readonly max: number };
}

/** A request without an answer for so long counts as forgotten. */
const PATIENCE_MS = 300_000;
const TARGETS = ["192.168.1.5", "192.168.1.6", "fd00:1::5", "fd00:1::6"];
const SOURCES = [[], [], ["198.51.100.0/24"], ["198.51.100.7/32", "2001:db8:51::/64"]];

interface Intent {
  readonly asked: Omit<Create, "began" | "ended" | "answer">;
  readonly body: object;
  readonly key?: string;
}

export class Client {
  readonly #agent: Agent;
  readonly #keyed: Intent[] = [];
  #unanswered: Intent | undefined;
  #intents = 0;

  constructor(private readonly options: ClientOptions) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 2 });
  }

  /** @returns whether an answer arrived. */
  async act(): Promise<boolean> {
    const { random } = this.options;
    const again = this.#unanswered;
    this.#unanswered = undefined;
    if (again !== undefined && random.chance(0.7)) return this.#create(again);
    const what = random.next();
    if (what < 0.5) {
      const intent = this.#newIntent();
      const twice = intent.key !== undefined && random.chance(0.3);
      const answered = await Promise.all([this.#create(intent), ...(twice ? [this.#create(intent)] : [])]);
      return answered.every(Boolean);
    }
    if (what < 0.53 && this.#keyed.length > 0) return this.#create(random.pick(this.#keyed));
    if (what < 0.9) return this.#remove();
    return this.#list();
  }

  close(): void {
    this.#agent.destroy();
  }

  #newIntent(): Intent {
    const { random, name, owner, ports } = this.options;
    this.#intents += 1;
    const intent = `${name}-${this.#intents}`;
    const addr = random.pick(TARGETS);
    const protocol = random.pick(["tcp", "udp"]);
    const port = 1 + random.below(65_535);
    const wanted = random.chance(0.3) ? portIn(ports, random) : undefined;
    const body = defined({
      target_addr: addr,
      target_port: port,
      target_name: intent,
      target_component: "CentOS",
      protocol,
      sources: random.pick(SOURCES),
      conn_port: wanted,
      expires_in: random.chance(0.15) ? 1 + random.below(4) : undefined,
    });
    const asked = { op: "create" as const, intent, owner, protocol, target: `${addr} . ${port}` };
    const made: Intent = defined({
      asked: { ...asked, ...defined({ wanted }) },
      body,
      key: random.chance(0.5) ? intent : undefined,
    });
    if (made.key !== undefined) this.#keyed.push(made);
    return made;
  }

  async #create(intent: Intent): Promise<boolean> {
    const { asked, body, key } = intent;
    const { events } = this.options.record;
    const headers = key === undefined ? {} : { "Idempotency-Key": key };
    const { answer, ...span } = await this.#ask("POST", "/v1/forwards", headers, body);
    if (isLost(answer)) {
      events.push({ ...asked, ...span, answer: "lost" });
      // With a key, the request may be repeated.
      if (key !== undefined) this.#unanswered = intent;
      return answer !== undefined;
    }
    if (answer?.status === 409) events.push({ ...asked, ...span, answer: "refused" });
    else events.push({ ...asked, ...span, answer: observedIn(expectStatus(answer, 200, 201).json) });
    return true;
  }

  async #remove(): Promise<boolean> {
    const { random, owner, record, ports } = this.options;
    const connPort = this.#likelyPort() ?? portIn(ports, random);
    const { answer, ...span } = await this.#ask("DELETE", `/v1/forwards/${connPort}`);
    const done = isLost(answer) ? "lost" : expectStatus(answer, 204, 404).status === 204 ? "done" : "absent";
    record.events.push({ op: "delete", owner, connPort, ...span, at: Date.now(), answer: done });
    return answer !== undefined;
  }

  async #list(): Promise<boolean> {
    const { owner, record } = this.options;
    const { answer, ...span } = await this.#ask("GET", "/v1/forwards?limit=1000");
    if (!isLost(answer)) {
      const forwards = expectStatus(answer, 200).json.forwards.map(observedIn);
      record.events.push({ op: "look", owner, ...span, at: Date.now(), forwards });
    }
    return answer !== undefined;
  }

  /** Usually a port that one of this owner's clients got recently. */
  #likelyPort(): number | undefined {
    const { random, owner, record } = this.options;
    if (random.chance(0.1)) return undefined;
    const given = record.events.slice(-60).flatMap((event) => {
      return event.op === "create" && event.owner === owner && typeof event.answer === "object"
        ? [event.answer.connPort]
        : [];
    });
    return given.length === 0 ? undefined : random.pick(given);
  }

  async #ask(method: string, path: string, headers = {}, body?: object) {
    const { endpoint, token, record } = this.options;
    const began = record.tick();
    const answer = await ask(
      endpoint,
      { method, path, headers: { "X-Auth": token, ...headers }, agent: this.#agent },
      body,
    );
    return { answer, began, ended: record.tick() };
  }
}

/** @returns undefined if the connection broke before the answer was complete. */
export function ask(
  endpoint: Endpoint,
  what: { method: string; path: string; headers: { [name: string]: string }; agent?: Agent },
  body?: object,
): Promise<GatewayAnswer | undefined> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const length = text === undefined ? {} : { "Content-Length": String(Buffer.byteLength(text)) };
  return new Promise((resolve, reject) => {
    const broken = () => resolve(undefined);
    const headers = { ...what.headers, ...length };
    const sent = request({ agent: false, ...endpoint, host: "127.0.0.1", ...what, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", broken);
      answer.once("close", broken);
      answer.once("end", () => {
        const said = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, json: said === "" ? undefined : JSON.parse(said) });
      });
    });
    sent.setTimeout(PATIENCE_MS, () => reject(new Error(`${what.method} ${what.path} was never answered`)));
    sent.once("error", broken);
    sent.once("close", broken);
    sent.end(text);
  });
}

/** A 5xx says no more than no answer. */
const isLost = (answer: GatewayAnswer | undefined) => answer === undefined || answer.status >= 500;

function expectStatus(answer: GatewayAnswer | undefined, ...expected: readonly number[]): GatewayAnswer {
  if (answer !== undefined && expected.includes(answer.status)) return answer;
  throw new Error(`unexpected answer: ${JSON.stringify(answer)}`);
}

// biome-ignore lint/suspicious/noExplicitAny: as it came
export function observedIn(json: any): ObservedForward {
  return defined<ObservedForward>({
    id: json.id,
    connPort: json.conn_port,
    protocol: json.protocol,
    target: `${json.target_addr} . ${json.target_port}`,
    owner: json.owner,
    intent: json.target_name,
    expiresAt: json.expires_at === undefined ? undefined : Date.parse(json.expires_at),
  });
}

const portIn = ({ min, max }: ClientOptions["ports"], random: Random) => min + random.below(max - min + 1);
