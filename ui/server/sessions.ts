/**
 * Who may use the page: browsers that opened a one-time link. A session has two secrets. The cookie is `HttpOnly`, so
 * no script can read it; but a browser sends it to every port of this machine. The key stays in the storage of the
 * page's origin, port included, and the page sends it in a header. Neither is of use without the other.
 */
import { createHash, randomBytes } from "node:crypto";
import { OneTimeCodes } from "../../http/one-time-codes.js";

const LINK_SECONDS = 300;
/** From the last request. */
const SESSION_MS = 12 * 3_600_000;
/** One for each opened link; beyond this, the oldest session ends. */
const MAX_SESSIONS = 32;
/** Long enough for a browser to take up a broken download again; the link stays in its history for longer. */
const DOWNLOAD_MS = 3_600_000;
const MAX_DOWNLOADS = 100;

/** A file of a host, or the output of a job, that the browser may fetch by a link. */
export type Download =
  | { readonly kind: "file"; readonly host: string; readonly path: string }
  | { readonly kind: "output"; readonly host: string; readonly job: string };

export interface Session {
  readonly keyHash: string;
  /** By the ticket in the link. To a link, a browser sends the cookie, but no header. */
  readonly downloads: Map<string, { readonly what: Download; readonly until: number }>;
  usedAt: number;
}

export interface NewSession {
  readonly cookie: string;
  readonly key: string;
}

export class Sessions {
  readonly #codes: OneTimeCodes<true>;
  /** By hash of the cookie; in the order in which they began. */
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly now: () => number = Date.now) {
    this.#codes = new OneTimeCodes(LINK_SECONDS, now);
  }

  /** @returns a code for a link, and its life in seconds. */
  offer(): { readonly code: string; readonly seconds: number } {
    return { code: this.#codes.offer(true), seconds: LINK_SECONDS };
  }

  /** @returns undefined for a code that was used, is too old, or never was one. */
  redeem(code: string): NewSession | undefined {
    if (this.#codes.redeem(code) === undefined) return undefined;
    const [cookie, key] = [secret(), secret()];
    this.#sessions.set(hash(cookie), { keyHash: hash(key), downloads: new Map(), usedAt: this.now() });
    dropOldest(this.#sessions, MAX_SESSIONS);
    return { cookie, key };
  }

  /** The session of a cookie, whatever else the request has. */
  withCookie(cookie: string | undefined): Session | undefined {
    const id = hash(cookie ?? "");
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    if (this.now() - session.usedAt > SESSION_MS) {
      this.#sessions.delete(id);
      return undefined;
    }
    session.usedAt = this.now();
    return session;
  }

  end(cookie: string | undefined): void {
    this.#sessions.delete(hash(cookie ?? ""));
  }

  /** @returns the ticket of a link to `what`, good for an hour in this session alone. */
  offerDownload({ downloads }: Session, what: Download): string {
    const ticket = secret();
    downloads.set(ticket, { what, until: this.now() + DOWNLOAD_MS });
    dropOldest(downloads, MAX_DOWNLOADS);
    return ticket;
  }

  download({ downloads }: Session, ticket: string): Download | undefined {
    const found = downloads.get(ticket);
    return found === undefined || found.until < this.now() ? undefined : found.what;
  }
}

export const holdsKey = ({ keyHash }: Session, key: string | undefined): boolean => hash(key ?? "") === keyHash;

/** Of a map in the order of its entries' age. */
function dropOldest(entries: Map<string, unknown>, most: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) break;
    entries.delete(oldest);
  }
}

const secret = () => randomBytes(32).toString("base64url");
const hash = (text: string) => createHash("sha256").update(text).digest("base64");
