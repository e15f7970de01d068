/** A route of the agent: its access rule, and whether its use keeps the host awake. */
import type { Route, RouteHandler } from "../http/routes/route.js";

/** "token": as Bearer. "token or basic": also as the password of HTTP Basic, for clients of Apyfal's protocol. */
export type Access = "anyone" | "token" | "token or basic";

export interface AgentRoute extends Route<Access, RouteHandler> {
  /** Whether a request resets the idle time. Routes that monitoring polls day and night do not. @default true */
  readonly isUse?: boolean;
}
