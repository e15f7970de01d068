/** Fetches this host's secrets from SSM Parameter Store into files that only root may read. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { defined } from "../../base/defined.js";
import { ensurePrivateDir, replaceFile } from "../../base/fs/atomic.js";
import { acceptAwsOnly } from "../../http/client/aws-answers.js";
import { noSecretsSection, secretsOutOfReach } from "../errors.js";
import type { AgentConfig } from "./schema.js";

export interface FetchOptions {
  readonly file: string;
  readonly out: string;
  /** A new instance's role takes up to a minute to work everywhere. @default 120 */
  readonly seconds?: number;
  readonly firstPauseMs?: number;
}

/** Longest pause between two tries. */
const PAUSE_MS = 10_000;

/**
 * Writes `tls.key` and `token` with mode 0600. A secret that the configuration does not name becomes an empty file,
 * because the unit's LoadCredential= requires both.
 */
export async function fetchSecrets(config: AgentConfig, options: FetchOptions): Promise<void> {
  const { secrets } = config;
  if (secrets === undefined) throw noSecretsSection(options.file);
  const { endpoint_url } = secrets;
  const client = acceptAwsOnly(
    new SSMClient(
      defined({
        region: secrets.region,
        // We retry ourselves, because the SDK gives up within seconds.
        maxAttempts: 1,
        endpoint: endpoint_url,
      }),
    ),
  );
  const deadline = Date.now() + (options.seconds ?? 120) * 1000;
  await ensurePrivateDir(options.out);
  try {
    for (const [name, parameter] of [
      ["tls.key", secrets.tls_key_parameter],
      ["token", secrets.token_parameter],
    ] as const) {
      const value = parameter === undefined ? "" : await read(client, parameter, deadline, options);
      await replaceFile(join(options.out, name), value, 0o600);
    }
  } finally {
    client.destroy();
  }
}

async function read(client: SSMClient, name: string, deadline: number, options: FetchOptions): Promise<string> {
  for (let pause = options.firstPauseMs ?? 500; ; pause = Math.min(pause * 2, PAUSE_MS)) {
    try {
      const left = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
      const request = new GetParameterCommand({ Name: name, WithDecryption: true });
      const { Parameter } = await client.send(request, { abortSignal: left });
      // An empty file would mean that there is no secret.
      if (!Parameter?.Value) throw new Error("the answer has no value");
      return Parameter.Value;
    } catch (error) {
      if (Date.now() + pause > deadline) throw secretsOutOfReach(name, options.seconds ?? 120, error);
      await setTimeout(pause);
    }
  }
}
