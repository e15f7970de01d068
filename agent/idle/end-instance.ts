/** The EC2 call with which a host stops or terminates itself. Imported only when needed: the SDK is most of the bundle. */
import { EC2Client, StopInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import { acceptAwsOnly } from "../../http/client/aws-answers.js";
import { openMetadata } from "../metadata.js";
import type { AutostopSettings } from "../settings/schema.js";

/** Acts with the instance's role, on this instance alone, whatever its configuration says. @returns its id. */
export async function endInstance(settings: AutostopSettings, env: NodeJS.ProcessEnv): Promise<string> {
  const id = await (await openMetadata(env))("instance-id");
  if (!/^i-[0-9a-f]+$/.test(id)) throw new Error("instance metadata tells no instance id");
  const { action, region, endpoint_url } = settings;
  const client = acceptAwsOnly(
    new EC2Client(
      defined({
        region,
        endpoint: endpoint_url,
        requestHandler: { requestTimeout: 20_000, connectionTimeout: 5_000 },
      }),
    ),
  );
  const ids = { InstanceIds: [id] };
  try {
    // The SDK may send it again when throttled: ending twice is ending once.
    if (action === "stop") await client.send(new StopInstancesCommand(ids));
    else await client.send(new TerminateInstancesCommand(ids));
  } finally {
    client.destroy();
  }
  return id;
}
