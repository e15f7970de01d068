/** Issues credentials for the role behind an instance profile, as EC2 does for a real instance. */
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Fault, quote } from "../../base/fault.js";
import type { InstanceFacts } from "./instance.js";

interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface InstanceRole {
  readonly name: string;
  credentials(): Promise<RoleCredentials>;
}

export async function instanceRole(
  env: Readonly<Record<string, string>>,
  facts: InstanceFacts,
): Promise<InstanceRole | undefined> {
  const profile = facts.profileArn?.split("/").at(-1);
  if (profile === undefined) return undefined;
  const roleArn = await roleOfProfile(env, profile);
  const sts = new STSClient({
    endpoint: env.AWS_ENDPOINT_URL ?? "",
    region: facts.region,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
  });
  return {
    name: roleArn.split("/").at(-1) ?? "",
    credentials: async () => {
      const session = { RoleArn: roleArn, RoleSessionName: facts.instanceId };
      const { Credentials } = await sts.send(new AssumeRoleCommand(session));
      return {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
        expiration: Credentials?.Expiration ?? new Date(),
      };
    },
  };
}

// One call of IAM's query protocol does not justify its whole SDK client. The emulator checks no signatures; it only
// needs the credential scope to recognise the service.
async function roleOfProfile(env: Readonly<Record<string, string>>, profile: string): Promise<string> {
  const scope = `test/20260101/${env.AWS_REGION}/iam/aws4_request`;
  const response = await fetch(env.AWS_ENDPOINT_URL ?? "", {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: "GetInstanceProfile", Version: "2010-05-08", InstanceProfileName: profile }),
    signal: AbortSignal.timeout(30_000),
  });
  const arn = /<Arn>(arn:aws:iam::\d*:role\/[^<]+)<\/Arn>/.exec(await response.text())?.[1];
  if (arn === undefined) throw new Fault("local/role-missing", `instance profile ${quote(profile)} has no role`);
  return arn;
}
