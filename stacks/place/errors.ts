import { EXIT, Fault, quote } from "../../base/fault.js";
import { networkCode, networkText } from "../../http/client/errors.js";
import type { StackName } from "../names.js";

import type { CallerIdentity, Place } from "./place.js";

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

export const outOfReach = (region: string, cause: unknown): Fault =>
  new Fault("stacks/aws-out-of-reach", `AWS cannot be reached in ${region}: ${networkText(cause)}`, {
    hint:
      networkCode(cause) === "ENOTFOUND"
        ? `is this machine online, and is ${region} the name of a region? A network with a proxy needs HTTPS_PROXY`
        : "a network with a proxy needs HTTPS_PROXY",
    cause,
  });
