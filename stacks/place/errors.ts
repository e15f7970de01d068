import { EXIT, Fault, quote } from "../../base/fault.js";
import type { StackName } from "../names.js";
import type { CallerIdentity } from "./caller-identity.js";
import type { Place } from "./place.js";

export const badRecord = (file: string, cause: unknown): Fault =>
  new Fault("stacks/bad-record", `${quote(file)} does not tell where this project is deployed`, {
    hint: "remove the file: Terraform's state tells it as well",
    cause,
  });

export const otherRegion = (stack: StackName, { account, region }: Partial<Place>, here: string, from: string): Fault =>
  new Fault(
    "stacks/other-region",
    `${stack} is in ${region}${account === undefined ? "" : ` of account ${account}`}, and this command would ask ${here} (${from})`,
    { hint: `nothing was asked or changed; set AWS_REGION=${region}, or region: ${region}`, exit: EXIT.conflict },
  );

export const otherAccount = (stack: StackName, { account, region }: Partial<Place>, here: CallerIdentity): Fault =>
  new Fault(
    "stacks/other-account",
    `${stack} is in account ${account}${region === undefined ? "" : ` (${region})`}, and these credentials are of account ${here.account} (${here.arn})`,
    { hint: "nothing was changed; use that account's credentials, for example by AWS_PROFILE", exit: EXIT.conflict },
  );
