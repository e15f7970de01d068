/** Who these credentials are. `sts:GetCallerIdentity` needs no permission, so it answers everyone whom AWS knows. */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { readAwsProfiles } from "../../config/aws-profiles.js";
import { of as faultOf } from "../../firewall/security-group/aws-faults.js";
import { awsConnection } from "../../http/client/aws.js";
import { noProfile } from "../../http/client/aws-credentials.js";
import { networkCode } from "../../http/client/errors.js";
import * as errors from "./errors.js";
import type { CallerIdentity } from "./place.js";

/** Uses the credentials in the environment. @throws Fault (exit status 4) for credentials that AWS does not accept. */
export async function askIdentity(options: {
  readonly region: string;
  readonly signal?: AbortSignal;
  /** @default this process's */
  readonly env?: NodeJS.ProcessEnv;
}): Promise<CallerIdentity> {
  const { region, signal, env = process.env } = options;
  await checkProfile(env);
  const client = new STSClient({ region, maxAttempts: 3, ...awsConnection({ env, requestMs: 10_000 }) });
  try {
    const { Account = "", Arn = "" } = await client.send(
      new GetCallerIdentityCommand({}),
      signal === undefined ? {} : { abortSignal: signal },
    );
    return { account: Account, arn: Arn };
  } catch (error) {
    signal?.throwIfAborted();
    throw networkCode(error) === undefined ? faultOf(error, "sts:GetCallerIdentity") : errors.outOfReach(region, error);
  } finally {
    client.destroy();
  }
}

/** The SDK would pass over a profile that does not exist, and ask the next source of credentials. */
async function checkProfile(env: NodeJS.ProcessEnv): Promise<void> {
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) return;
  const { isNamed, name, names } = await readAwsProfiles(env);
  if (isNamed && !names.includes(name)) throw noProfile(name, names);
}
