/** Clients of the hosts' agents, kept open between requests. */

import { Fault } from "../../base/fault.js";
import type { AgentClient } from "../../client/agent/agent-client.js";
import { isEmulated } from "../../stacks/lifecycle/emulated.js";
import type { Context } from "../context.js";
import { connectTo, type HostTarget, resolveHost } from "../host.js";
import { warnOnce } from "../warn-once.js";

export class Agents {
  /** By host. */
  readonly #clients = new Map<string, { readonly key: string; readonly client: AgentClient }>();
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = { ...context, warn: warnOnce(context.warn) };
  }

  /** Address, certificate and token are read anew each time: a host that was started again has another address. */
  async get(name: string): Promise<AgentClient> {
    if (isEmulated(this.#context.env)) throw nothingBooted(name);
    const target = await resolveHost(this.#context, name, { tls: true });
    const key = keyOf(target);
    const kept = this.#clients.get(name);
    if (kept?.key === key) return kept.client;
    const client = await connectTo(target, this.#context);
    this.#clients.set(name, { key, client });
    kept?.client.close();
    return client;
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
  }
}

const keyOf = ({ address, port, trust, token }: HostTarget) =>
  JSON.stringify([address, port, trust.kind, trust.kind === "pinned" ? trust.pem : "", token]);

const nothingBooted = (name: string) =>
  new Fault("ui/emulated", `AWS is emulated, so ${name} has not booted`, {
    hint: '"sallyport demo --keep" boots a host on this machine',
  });
