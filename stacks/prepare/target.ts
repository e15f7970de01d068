/** The deployment and its region, known without any look-up. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";

/** The inputs of provider and backend: enough to remove a stack. */
export interface DeploymentTarget {
  /** Directory of the project, which contains the state. */
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
