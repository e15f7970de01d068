/** The deployment and its region, known without any look-up. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { ensureProjectId, readRecord } from "../place/record.js";
import type { PrepareOptions } from "./options.js";

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
  /** The project's id, which its resources carry as a tag. @default - they carry none */
  readonly projectId?: string;
}

/** The target of a stack that makes resources. Makes the project's id unless `create` is false. */
export async function taggedTarget(
  loaded: LoadedConfig,
  { env, create = true }: Pick<PrepareOptions, "env" | "create">,
): Promise<DeploymentTarget> {
  const { projectDir } = loaded;
  const projectId = create ? await ensureProjectId(projectDir) : (await readRecord(projectDir)).id;
  return { ...deploymentTarget(loaded, env), ...defined({ projectId }) };
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
