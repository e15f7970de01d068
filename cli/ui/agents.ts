/** Clients of the hosts' agents, kept open between requests. */
import { cached } from "../../base/async/cached.js";
import { Fault } from "../../base/fault.js";
import type { AgentClient } from "../../client/agent/agent-client.js";
import { chooseHosts } from "../../stacks/lifecycle/deployed.js";
import { isEmulated } from "../../stacks/lifecycle/emulated.js";
import type { Context } from "../context.js";
import { connectTo, type HostTarget, resolveHost } from "../host.js";
import { warnOnce } from "../warn-once.js";

/** A host that was started again has another address. The machines of a fleet are a question to EC2. */
const RESOLVED_MS = 10_000;

export class Agents {
  /** By host. */
  readonly #clients = new Map<string, { readonly key: string; readonly client: AgentClient }>();
  readonly #resolvers = new Map<string, () => Promise<AgentClient | undefined>>();
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = { ...context, warn: warnOnce(context.warn) };
  }

  /** @returns undefined for a host without an agent. */
  get(name: string): Promise<AgentClient | undefined> {
    const resolve = this.#resolvers.get(name) ?? cached(RESOLVED_MS, () => this.#resolve(name));
    this.#resolvers.set(name, resolve);
    return resolve();
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
  }

  /** Address, certificate and token are read anew. */
  async #resolve(name: string): Promise<AgentClient | undefined> {
    const { hosts } = await chooseHosts(await this.#context.config(), [name], this.#context.signal);
    if (hosts.every(({ agent_url }) => agent_url === "")) return undefined;
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
}

const keyOf = ({ address, port, trust, token }: HostTarget) =>
  JSON.stringify([address, port, trust.kind, trust.kind === "pinned" ? trust.pem : "", token]);

const nothingBooted = (name: string) =>
  new Fault("ui/emulated", `AWS is emulated, so ${name} has not booted`, {
    hint: '"sallyport demo --keep" boots a host on this machine',
  });
