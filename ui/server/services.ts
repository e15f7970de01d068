import type { Backend } from "./backend.js";
import type { Operations } from "./operations.js";
import type { Sessions } from "./sessions.js";

/** What the routes work with. */
export interface Services {
  readonly backend: Backend;
  readonly sessions: Sessions;
  readonly operations: Operations;
  readonly version: string;
  readonly port: () => number;
}
