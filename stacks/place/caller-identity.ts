/** Who these credentials are. `sts:GetCallerIdentity` needs no permission, so it answers everyone whom AWS knows. */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { of as faultOf } from "../../firewall/security-group/aws-faults.js";

export interface CallerIdentity {
  /** Twelve digits. */
  readonly account: string;
  /** ARN of the user or of the assumed role. */
  readonly arn: string;
}

/** Uses the credentials in the environment. @throws Fault (exit status 4) for credentials that AWS does not accept. */
export async function askIdentity(options: {
  readonly region: string;
  readonly signal?: AbortSignal;
}): Promise<CallerIdentity> {
  const { region, signal } = options;
  const client = new STSClient({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 5_000 },
  });
  try {
    const { Account = "", Arn = "" } = await client.send(
      new GetCallerIdentityCommand({}),
      signal === undefined ? {} : { abortSignal: signal },
    );
    return { account: Account, arn: Arn };
  } catch (error) {
    throw faultOf(error, "sts:GetCallerIdentity");
  } finally {
    client.destroy();
  }
}
