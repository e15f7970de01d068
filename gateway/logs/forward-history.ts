/**
 * Finds the forward of a packet. A packet is logged after its target was rewritten, so the search is by target, among
 * the forwards that existed at that time. Ended forwards are remembered for a while. Pure.
 */
import type { Forward } from "../forwards/forward.js";
import { admits } from "../forwards/policy.js";
import type { ForwardRef, Packet } from "./record.js";

export interface HistoryOptions {
  /** How long, and how many, ended forwards are remembered. @default a day, 10000 */
  readonly keepMs?: number;
  readonly keepCount?: number;
  /** Packets to these addresses may be logged before rewriting, with the dialled port. @default none */
  readonly gatewayAddresses?: readonly string[];
}

export interface Span {
  readonly forward: Forward;
  endedAt?: number;
}

/** Traditional timestamps have no fraction, and the kernel's clock may differ from the database's. */
const TOLERANCE_MS = 2_000;

export class ForwardHistory {
  readonly #spans = new Map<string, Span>();
  readonly #byTarget = new Map<string, Span[]>();
  readonly #byMachine = new Map<string, Span[]>();
  readonly #byPort = new Map<number, Span[]>();
  readonly #ended: Span[] = [];
  readonly #own: ReadonlySet<string>;

  constructor(private readonly options: HistoryOptions = {}) {
    this.#own = new Set(options.gatewayAddresses ?? []);
  }

  /** Takes the current forwards; those that are missing have ended. @returns whether any has ended. */
  update(forwards: readonly Forward[], now: number): boolean {
    const current = new Set(forwards.map(({ id }) => id));
    let hasEnded = false;
    for (const { forward, endedAt } of [...this.#spans.values()]) {
      if (endedAt !== undefined || current.has(forward.id)) continue;
      this.end(forward.id, now);
      hasEnded = true;
    }
    for (const forward of forwards) this.add(forward);
    this.#forget(now);
    return hasEnded;
  }

  add(forward: Forward): void {
    if (!this.#spans.has(forward.id)) this.#insert({ forward });
  }

  end(id: string, at: number): void {
    const span = this.#spans.get(id);
    if (span === undefined || span.endedAt !== undefined) return;
    span.endedAt = at;
    this.#ended.push(span);
  }

  /** The ended forwards, to be saved across a restart. */
  ended(): readonly Span[] {
    return this.#ended;
  }

  restore(ended: readonly Span[]): void {
    for (const { forward, endedAt } of ended) {
      this.add(forward);
      if (endedAt !== undefined) this.end(forward.id, endedAt);
    }
  }

  /** Names a forward only if no other fits, and a user only if all fitting forwards are theirs. */
  find(packet: Packet): ForwardRef {
    const { time, protocol, target, targetPort } = packet;
    if (targetPort !== undefined) {
      const own = this.#own.has(target)
        ? this.#byPort.get(targetPort)?.filter((span) => span.forward.protocol === protocol)
        : [];
      const known = this.#byTarget.get(targetKey(protocol, target, targetPort)) ?? own ?? [];
      const fitting = atThatTime(known, time);
      const allowed =
        fitting.length < 2 ? fitting : fitting.filter(({ forward }) => admits(forward, packet.source) === true);
      const [only] = allowed;
      if (only !== undefined && allowed.length === 1) {
        return { user: only.forward.owner, forwardId: only.forward.id, connPort: only.forward.connPort };
      }
      if (allowed.length > 1) return onlyOwner(allowed);
    }
    // The packet belongs to no forward, but a machine may belong to the only user with forwards to it.
    const machine = this.#byMachine.get(packet.source) ?? this.#byMachine.get(target);
    return machine === undefined ? {} : onlyOwner(atThatTime(machine, time));
  }

  #insert(span: Span): void {
    const { id, protocol, targetAddr, targetPort, connPort } = span.forward;
    this.#spans.set(id, span);
    push(this.#byTarget, targetKey(protocol, targetAddr, targetPort), span);
    push(this.#byMachine, targetAddr, span);
    push(this.#byPort, connPort, span);
  }

  #forget(now: number): void {
    const { keepMs = 86_400_000, keepCount = 10_000 } = this.options;
    let count = 0;
    while (count < this.#ended.length) {
      const span = this.#ended[count] as Span;
      if (this.#ended.length - count <= keepCount && (span.endedAt ?? 0) >= now - keepMs) break;
      const { id, protocol, targetAddr, targetPort, connPort } = span.forward;
      this.#spans.delete(id);
      pull(this.#byTarget, targetKey(protocol, targetAddr, targetPort), span);
      pull(this.#byMachine, targetAddr, span);
      pull(this.#byPort, connPort, span);
      count += 1;
    }
    this.#ended.splice(0, count);
  }
}

const targetKey = (protocol: string, address: string, port: number) => `${protocol} ${address} ${port}`;

/** The forwards that existed at `time`; without one, those that existed within the tolerance. */
function atThatTime(spans: readonly Span[], time: number): readonly Span[] {
  const within = (slack: number) =>
    spans.filter(
      ({ forward, endedAt }) => forward.createdAt - slack <= time && (endedAt === undefined || time <= endedAt + slack),
    );
  const exact = within(0);
  return exact.length > 0 ? exact : within(TOLERANCE_MS);
}

function onlyOwner(spans: readonly Span[]): ForwardRef {
  const owners = new Set(spans.map(({ forward }) => forward.owner));
  const [user] = owners;
  return owners.size === 1 && user !== undefined ? { user } : {};
}

function push<K>(map: Map<K, Span[]>, key: K, span: Span): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [span]);
  else known.push(span);
}

function pull<K>(map: Map<K, Span[]>, key: K, span: Span): void {
  const left = map.get(key)?.filter((other) => other !== span) ?? [];
  if (left.length === 0) map.delete(key);
  else map.set(key, left);
}
