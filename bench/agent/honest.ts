/** Clients that do nothing wrong, and notice everything that goes wrong for them. */
import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../base/defined.js";

export interface Service {
  readonly port: number;
  readonly ca: string;
  readonly authorization: string;
}

export interface ServiceReply {
  readonly status: number;
  readonly body: Buffer;
}

const seen = new WeakSet<object>();

/** One client with connections of its own, kept alive. */
export class Client {
  readonly #agent: Agent;
  /** How many it has opened so far. */
  connections = 0;

  constructor(
    private readonly service: Service,
    from: string,
    maxSockets = 1,
  ) {
    const { ca } = service;
    const options = { keepAlive: true, maxSockets, ca, localAddress: from, checkServerIdentity: () => undefined };
    this.#agent = new Agent(options);
  }

  ask(method: string, path: string, body?: Buffer, type?: string): Promise<ServiceReply> {
    const { port, authorization } = this.service;
    const headers = defined({
      Authorization: authorization,
      "Content-Length": body === undefined ? undefined : body.length,
      "Content-Type": type,
    });
    return new Promise((resolve, reject) => {
      const req = request({ host: "127.0.0.1", port, path, method, headers, agent: this.#agent }, (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.once("error", reject);
        res.once("end", () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      req.once("socket", (socket) => {
        if (!seen.has(socket)) this.connections += 1;
        seen.add(socket);
      });
      // Longer than any server waits for a client.
      req.setTimeout(120_000, () => req.destroy(new Error("no answer for 120 s")));
      req.once("error", reject);
      req.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Asks and checks once; throws what is not as it should be. */
export type Task = (client: Client) => Promise<void>;

function expect(what: string, { status, body }: ServiceReply, wanted: number, content?: Buffer): ServiceReply {
  if (status !== wanted) throw new Error(`${what}: ${status} instead of ${wanted}: ${body.toString().slice(0, 300)}`);
  if (content !== undefined && !content.equals(body)) throw new Error(`${what}: other bytes came than were there`);
  return { status, body };
}

/** @param dir path of an authorized directory, such as "/v1/files/shared". */
export function tasks(dir: string, small: Buffer, large: Buffer): Readonly<Record<string, Task>> {
  return {
    small: async (client) => {
      for (let i = 0; i < 20; i++) expect("small", await client.ask("GET", `${dir}/small`), 200, small);
    },
    large: async (client) => {
      expect("large", await client.ask("GET", `${dir}/large`), 200, large);
    },
    put: async (client) => {
      const name = `${dir}/put/${randomBytes(6).toString("hex")}`;
      const content = Buffer.alloc(1 << 20, createHash("sha256").update(name).digest());
      expect("put", await client.ask("PUT", name, content), 201);
      expect("get what was put", await client.ask("GET", name), 200, content);
      expect("delete", await client.ask("DELETE", name), 204);
    },
  };
}

/** A job of a filter that writes capitals, from its input to the end of its traces. */
export const job =
  (accelerator: string): Task =>
  async (client) => {
    const path = `/v1/jobs?accelerator=${accelerator}`;
    const submitted = await client.ask("POST", path, Buffer.from("quiet words"), "application/octet-stream");
    const { id } = JSON.parse(expect("submit", submitted, 201).body.toString());
    for (;;) {
      const { state } = JSON.parse(expect("job", await client.ask("GET", `/v1/jobs/${id}`), 200).body.toString());
      if (state === "done") break;
      if (state !== "queued" && state !== "running") throw new Error(`job ${id} is ${state}`);
      await sleep(20);
    }
    expect("output", await client.ask("GET", `/v1/jobs/${id}/output`), 200, Buffer.from("QUIET WORDS"));
    expect("delete job", await client.ask("DELETE", `/v1/jobs/${id}`), 204);
  };

/** Repeats `task` with a client of its own until `signal`. @returns how often it went well, and what did not. */
export async function repeat(service: Service, from: string, task: Task, signal: AbortSignal, pauseMs: number) {
  const client = new Client(service, from);
  const failures: string[] = [];
  let done = 0;
  while (!signal.aborted) {
    try {
      await task(client);
      done += 1;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    if (pauseMs > 0) await sleep(pauseMs);
  }
  client.close();
  return { done, failures };
}
