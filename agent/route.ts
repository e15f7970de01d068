/** A route of the agent: who may use it, and whether its use keeps the host awake. */
import type { Route, RouteHandler } from "../http/routes/route.js";

/** A token as Bearer; or also as the password of HTTP Basic, for clients of Apyfal's protocol. */
export type Access = "anyone" | "token" | "token or basic";

export interface AgentRoute extends Route<Access, RouteHandler> {
  /** Whether a request resets the idle time. Questions that monitoring asks day and night do not. @default true */
  readonly isUse?: boolean;
}
