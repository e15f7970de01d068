/** One route of the Hosts page's server. */
import type { Route, RouteCall } from "../../http/routes/route.js";
import type { Session } from "./sessions.js";

/** page: the session's cookie, and its key in the header; cookie: the cookie alone, for links; anyone: no session. */
export type UiAccess = "page" | "cookie" | "anyone";

/** Undefined on routes for anyone. */
export type UiCall = RouteCall<Session | undefined, UiRoute>;
export type UiRoute = Route<UiAccess, (call: UiCall) => void | Promise<void>>;

export const NO_STORE = { "Cache-Control": "no-store" };

export function uiRoute(
  method: UiRoute["method"],
  path: string,
  handle: UiRoute["handle"],
  access: UiAccess = "page",
): UiRoute {
  return { method, path, access, responses: {}, handle };
}
