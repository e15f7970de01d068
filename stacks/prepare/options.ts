import type { RuntimeOptions } from "../runtime/archive.js";

/** Options of every stack's preparation, beside the configuration. */
export interface PrepareOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onStep?: (text: string) => void;
  /** The callers. They override those of environment and configuration. */
  readonly caller?: readonly string[];
  /** Whether to create a missing key pair, certificate or token. Otherwise a missing one is an error. @default true */
  readonly create?: boolean;
  /** The account that is deployed to. @default - unknown: names of new buckets do not hold it */
  readonly account?: string;
  readonly signal?: AbortSignal;
  /** The sources of runtime archives. @default - the bundles of this package, and its Node.js for hosts */
  readonly runtime?: Pick<RuntimeOptions, "bundle" | "node">;
}
