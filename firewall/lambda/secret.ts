/** Reads the one parameter that the function's role may read from Parameter Store. */
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { awsConnection } from "../../http/client/aws.js";
import { basic, bearer } from "../sources/authorization.js";
import * as faults from "./faults.js";
import type { SyncSettings } from "./settings.js";

/** Value of the `Authorization` header. */
export async function readAuthorization({
  kind,
  parameter,
}: NonNullable<SyncSettings["credentials"]>): Promise<string> {
  const ssm = new SSMClient({ maxAttempts: 3, ...awsConnection() });
  const { Parameter } = await ssm
    .send(new GetParameterCommand({ Name: parameter, WithDecryption: true }))
    .catch((error: unknown) => {
      throw faults.noSecret(parameter, error);
    })
    .finally(() => ssm.destroy());
  if (Parameter?.Value === undefined) throw faults.noSecret(parameter);
  return kind === "bearer" ? bearer(Parameter.Value, parameter) : basic(Parameter.Value, parameter);
}
