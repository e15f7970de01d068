/**
 * The server's requests. It listens on this machine's own addresses, where every page in the browser, and every other
 * user of the machine, may send it requests. So the names that it answers to are a short list, changes need the page's
 * own origin, and everything but the page itself needs a session.
 */
import { defined } from "../../base/defined.js";
import { crossSite } from "../../http/problems.js";
import { RouteTable } from "../../http/routes/route-table.js";
import { serveRoutes } from "../../http/routes/serve-routes.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget } from "../../http/server/target.js";
import { cookieOf } from "./cookie.js";
import { errorLines, otherHost, signedOut, statusOf } from "./problems.js";
import type { UiAccess, UiRoute } from "./route.js";
import { holdsKey, type Session, type Sessions } from "./sessions.js";

/** The page sends the key of its session with this. No form and no link can. */
const KEY_HEADER = "x-sallyport-key";

export interface AppOptions {
  readonly routes: readonly UiRoute[];
  readonly sessions: Sessions;
  readonly assets: ReadonlyMap<string, { readonly headers: Headers; readonly body: string }>;
  /** Undefined until the server listens. */
  readonly port: () => number;
  /** Receives errors that are neither a Fault nor a Problem. */
  readonly failed: (error: unknown) => void;
}

export function createApp({ routes, sessions, assets, port, failed }: AppOptions): Handle {
  const admit = (exchange: Exchange, access: UiAccess): Session | undefined => {
    const { headers } = exchange.req;
    // Every browser names the origin of a change; what does not is no page of ours.
    if (exchange.method !== "GET" && exchange.method !== "HEAD" && headers.origin === undefined) throw crossSite();
    if (access === "anyone") return undefined;
    const session = sessions.withCookie(cookieOf(headers, port()));
    const key = headers[KEY_HEADER];
    if (session === undefined) throw signedOut();
    if (access === "page" && !holdsKey(session, typeof key === "string" ? key : undefined)) throw signedOut();
    return session;
  };
  const serve = serveRoutes<UiRoute, Session | undefined>({
    table: new RouteTable(routes),
    admit: (exchange, match) => admit(exchange, match.kind === "route" ? match.route.access : "page"),
    invoke: (call) => call.route.handle(call),
    refuse: (exchange, error) => refuse(exchange, error, failed),
  });
  return (exchange) => {
    if (!isOwnHost(exchange.req.headers.host, port())) return exchange.problem(otherHost());
    const isRead = exchange.method === "GET" || exchange.method === "HEAD";
    const asset = isRead ? assets.get(parseTarget(exchange.req.url)?.path ?? "") : undefined;
    return asset === undefined ? serve(exchange) : exchange.answer(200, asset.headers, asset.body);
  };
}

function isOwnHost(host: string | undefined, port: number): boolean {
  return [`127.0.0.1:${port}`, `[::1]:${port}`, `localhost:${port}`].includes(host?.toLowerCase() ?? "");
}

/** A problem (RFC 9457) with a member for the second line. */
function refuse(exchange: Exchange, error: unknown, failed: (error: unknown) => void): void {
  const status = statusOf(error);
  if (status === 500) failed(error);
  if (exchange.res.headersSent) return void exchange.res.destroy();
  const { message, hint } = errorLines(error);
  const document = defined({ type: "about:blank", status, detail: message, hint, code: codeOf(error) });
  exchange.json(status, document, { "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unexpected";
