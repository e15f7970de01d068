import type { RuntimeOptions } from "../runtime/archive.js";

/** Options of every stack's preparation, beside the configuration. */
export interface PrepareOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onStep?: (text: string) => void;
  /** The callers, in place of those of environment and configuration. */
  readonly caller?: readonly string[];
  /** Make a missing key pair, certificate or token; without it, a missing one is an error. @default true */
  readonly create?: boolean;
  readonly signal?: AbortSignal;
  /** What runtimes are packed from. @default - the bundles of this package, and its Node.js for hosts */
  readonly runtime?: Pick<RuntimeOptions, "bundle" | "node">;
}
