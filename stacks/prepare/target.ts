/** Which deployment, in which region: known without looking anything up. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";

/** What the provider and the backend need: enough to take a stack down. */
export interface DeploymentTarget {
  /** Directory of the project: the state lies here. */
  readonly projectDir: string;
  /** `name` of the configuration. */
  readonly name: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `AWS_ENDPOINT_URL`, if set. */
  readonly endpointUrl?: string;
}

export function deploymentTarget({ config, projectDir }: LoadedConfig, env: NodeJS.ProcessEnv): DeploymentTarget {
  return defined({
    projectDir: resolve(projectDir),
    name: config.name,
    region: config.region,
    tags: config.tags,
    endpointUrl: env.AWS_ENDPOINT_URL ? env.AWS_ENDPOINT_URL : undefined,
  });
}
