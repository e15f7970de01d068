/** Observes the host at intervals, reports its idle time and, if configured, ends it after that. */
import type { Logger } from "pino";
import { Mutex } from "../../base/async/mutex.js";
import { defined } from "../../base/defined.js";
import { errorText } from "../../base/text/error-text.js";
import type { AutostopSettings } from "../settings/schema.js";
import { type Facts, type Idle, idleMs, isBusy, observe } from "./idle-time.js";
import { countLogins, type LoginPlaces } from "./logins.js";
import type { Uses } from "./uses.js";

export interface IdleWatchOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly uses: Uses;
  /** Number of queued and running jobs. */
  readonly jobs: () => number;
  readonly autostop?: AutostopSettings | undefined;
  readonly logins?: LoginPlaces | undefined;
}

/** The body of `GET /v1/idle`. */
export interface IdleReport {
  readonly idle_seconds: number;
  /** RFC 3339; by the wall clock, so it moves when that is set. */
  readonly since: string;
  /** `logins` is null where they cannot be counted; that counts as busy. */
  readonly busy: { readonly jobs: number; readonly transfers: number; readonly logins: number | null };
  readonly autostop?: {
    readonly idle_seconds: number;
    readonly action: "stop" | "terminate";
    readonly stops_in_seconds: number;
    readonly ending: boolean;
    /** Why the last attempt to end this host failed. */
    readonly error?: string;
  };
}

export interface IdleWatch {
  report(): Promise<IdleReport>;
  close(): Promise<void>;
}

/** A login that comes and goes between two looks is missed, so looks are frequent. */
const MAX_PAUSE_MS = 10_000;
/** EC2 ends a machine within a minute or two of accepting. If it still runs after this, something undid the call. */
const GONE_BY_MS = 600_000;
const FIRST_RETRY_MS = 15_000;
const LAST_RETRY_MS = 900_000;

export function watchIdle(options: IdleWatchOptions): IdleWatch {
  const { autostop, env, log, uses } = options;
  const limitMs = autostop === undefined ? Number.POSITIVE_INFINITY : autostop.idle_seconds * 1000;
  const pauseMs = Math.min(MAX_PAUSE_MS, limitMs / 4);
  let idle: Idle | undefined;
  let failures = 0;
  let error: string | undefined;
  let notBefore = 0;
  let ending = false;
  let unknownLogged = false;
  // Looks build on each other, so they run one at a time.
  const mutex = new Mutex();

  async function look(): Promise<{ facts: Facts; idle: Idle }> {
    const logins = await countLogins(options.logins);
    if (logins === undefined && !unknownLogged) {
      unknownLogged = true;
      log.warn({ event: "logins-unknown" }, "logins cannot be counted, so this host never counts as idle");
    }
    const facts = {
      at: performance.now(),
      jobs: options.jobs(),
      transfers: uses.moving(pauseMs),
      logins,
      lastUse: uses.last,
    };
    idle = observe(idle, facts, pauseMs * 2);
    return { facts, idle };
  }

  async function tick(): Promise<void> {
    const { idle } = await look();
    if (autostop === undefined || idleMs(idle) < limitMs || idle.at < notBefore) return;
    if (ending) {
      failed("EC2 accepted, but this machine still runs");
      return;
    }
    // From here on new requests are refused; a request that began since the last look calls the end off.
    uses.refuseMore();
    const { facts, idle: again } = await look();
    if (isBusy(facts) || idleMs(again) < limitMs) {
      uses.accept();
      return;
    }
    const idle_seconds = Math.floor(idleMs(again) / 1000);
    log.warn({ event: "autostop", action: autostop.action, idle_seconds }, "idle for long enough: ending this host");
    try {
      const { endInstance } = await import("./end-instance.js");
      const instance = await endInstance(autostop, env);
      log.warn({ event: "autostop-accepted", action: autostop.action, instance }, "EC2 accepted");
      ending = true;
      error = undefined;
      notBefore = performance.now() + GONE_BY_MS;
    } catch (cause) {
      failed(explain(cause, autostop.action));
    }
  }

  /** Serves again, and retries after a delay that grows each time. */
  function failed(reason: string): void {
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    failures += 1;
    error = reason;
    ending = false;
    notBefore = performance.now() + waitMs;
    uses.accept();
    log.error({ event: "autostop-failed", cause: reason, retry_in_seconds: waitMs / 1000 }, "this host still runs");
  }

  const run = () => {
    mutex.run(tick).catch((cause: unknown) => log.error({ event: "idle-watch-failed", cause: errorText(cause) }));
  };
  const timer = setInterval(run, pauseMs);
  run();

  return {
    report: () =>
      mutex.run(async () => {
        const { facts, idle } = await look();
        const { jobs, transfers, logins } = facts;
        const leftMs = Math.max(limitMs - idleMs(idle), notBefore - idle.at, 0);
        return defined({
          idle_seconds: Math.floor(idleMs(idle) / 1000),
          since: new Date(Date.now() - idleMs(idle)).toISOString(),
          busy: { jobs, transfers, logins: logins ?? null },
          autostop:
            autostop === undefined
              ? undefined
              : defined({
                  idle_seconds: autostop.idle_seconds,
                  action: autostop.action,
                  stops_in_seconds: ending ? 0 : Math.ceil(leftMs / 1000),
                  ending,
                  error,
                }),
        });
      }),
    async close() {
      clearInterval(timer);
      await mutex.idle();
    },
  };
}

function explain(cause: unknown, action: AutostopSettings["action"]): string {
  const name = cause instanceof Error ? cause.name : "";
  const call = action === "stop" ? "ec2:StopInstances" : "ec2:TerminateInstances";
  // EC2's own text here is an encoded message that only administrators can decode.
  if (name === "UnauthorizedOperation") return `UnauthorizedOperation: the role of this host may not ${call} on itself`;
  return name === "" || name === "Error" ? errorText(cause) : `${name}: ${errorText(cause)}`;
}
