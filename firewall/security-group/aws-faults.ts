/** Errors of EC2 as faults for users. */
import { EXIT, Fault, quote } from "../../base/fault.js";
import { credentialsFault } from "../../http/client/aws-credentials.js";
import { awsCode, awsMessage } from "./aws-errors.js";

/** Names the call and its target, EC2's message, and a way out. Other errors pass through unchanged. */
export function of(error: unknown, action: string, target = ""): unknown {
  const code = awsCode(error);
  const said = awsMessage(error);
  if (error instanceof Fault || !isOfAws(error)) return error;
  const unknownCaller = credentialsFault(error);
  if (unknownCaller !== undefined) return unknownCaller;
  const on = target === "" ? "" : ` on ${quote(target)}`;
  switch (code) {
    case "UnauthorizedOperation":
    case "AccessDenied":
    case "AccessDeniedException":
      return new Fault("firewall/not-authorized", `AWS does not permit ${action}${on} to these credentials`, {
        hint: `allow the action ${quote(action)} to the role or user that runs this`,
        exit: EXIT.auth,
        cause: error,
      });
    case "InvalidGroup.NotFound":
    case "InvalidGroupId.Malformed":
    case "InvalidSecurityGroupID.NotFound":
    case "InvalidSecurityGroupId.Malformed":
      return new Fault("firewall/group-missing", `there is no such security group: ${said}`, {
        hint: "name the group by its id (sg-…), in the region that AWS_REGION names",
        exit: EXIT.notFound,
        cause: error,
      });
    case "InvalidPrefixListID.NotFound":
    case "InvalidPrefixListId.Malformed":
      return new Fault("firewall/prefix-list-missing", `there is no such prefix list: ${said}`, {
        hint: "name the list by its id (pl-…), in the region that AWS_REGION names",
        exit: EXIT.notFound,
        cause: error,
      });
    case "RulesPerSecurityGroupLimitExceeded":
      return new Fault("firewall/quota", `the group ${quote(target)} has no room for these rules`, {
        hint: "merge ranges, follow the list with a managed prefix list, use a second group, or have the quota raised",
        exit: EXIT.conflict,
        cause: error,
      });
    case "NotFromAws":
      return new Fault("firewall/not-from-aws", `${action}${on} failed: ${said}`, {
        hint: "a proxy or a captive portal answers in its place: look at HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL",
        cause: error,
      });
    default:
      return new Fault("firewall/aws", `${action}${on} failed: ${said} (${code})`, { cause: error });
  }
}

/** Errors of the SDK have metadata or are about credentials; any other error is a defect. */
function isOfAws(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    ("$metadata" in error || /^(?:Credentials|Token)ProviderError$/.test(awsCode(error)))
  );
}

export const gaveUp = (error: unknown, action: string, times: number): Fault =>
  new Fault("firewall/aws-unreachable", `${action} was tried ${times} times in vain: ${awsMessage(error)}`, {
    hint: "what was changed before stays; run this again, it goes on from there",
    cause: error,
  });

export const keepsChanging = (target: string, rounds: number): Fault =>
  new Fault("firewall/keeps-changing", `${quote(target)} was otherwise each of the ${rounds} times we looked`, {
    hint: "somebody else changes it as well; end that, then run this again",
    exit: EXIT.conflict,
  });

export const prefixListContended = (id: string): Fault =>
  new Fault("firewall/prefix-list-contended", `somebody else changes the prefix list ${quote(id)}`, {
    hint: "run this again when the other change is done",
    exit: EXIT.conflict,
  });

export const prefixListMissing = (id: string): Fault =>
  new Fault("firewall/prefix-list-missing", `there is no prefix list ${quote(id)}`, {
    hint: "name the list by its id (pl-…), in the region that AWS_REGION names",
    exit: EXIT.notFound,
  });

export const prefixListFailed = (id: string, said: string): Fault =>
  new Fault("firewall/prefix-list-failed", `the last change to the prefix list ${quote(id)} failed: ${said}`, {
    hint: "a group that refers to the list may have no room for it",
  });

export const prefixListOfAws = (id: string): Fault =>
  new Fault("firewall/prefix-list-of-aws", `the prefix list ${quote(id)} is AWS's own and cannot be changed`, {
    hint: "make a list of your own: aws ec2 create-managed-prefix-list",
    exit: EXIT.usage,
  });

export const prefixListBusy = (id: string): Fault =>
  new Fault("firewall/prefix-list-busy", `a change to the prefix list ${quote(id)} does not come to its end`, {
    hint: "run this again later",
    exit: EXIT.conflict,
  });

export const prefixListFull = (id: string, needed: number, most: number): Fault =>
  new Fault(
    "firewall/prefix-list-full",
    `the prefix list ${quote(id)} holds ${most} entries, and ${needed} are needed`,
    {
      hint: `aws ec2 modify-managed-prefix-list --prefix-list-id ${id} --max-entries ${needed}; each rule that refers to it counts as that many`,
      exit: EXIT.conflict,
    },
  );

export const noListForFamily = (family: 4 | 6, example: string): Fault =>
  new Fault("firewall/no-list-for-family", `${quote(example)} is IPv${family}, and no target holds IPv${family}`, {
    hint: `add a prefix list for IPv${family}, or follow one family only`,
    exit: EXIT.usage,
  });
