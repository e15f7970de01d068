import { expect, test } from "vitest";
import { classifyAwsError } from "../../../firewall/security-group/aws-errors.js";
import * as faults from "../../../firewall/security-group/aws-faults.js";

const of = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(`${name} was said`), { name, $metadata: { httpStatusCode } });
const system = (code: string) => Object.assign(new Error(code), { code });

test.each([
  [of("RequestLimitExceeded"), "throttled"],
  [of("Throttling"), "throttled"],
  [of("Unavailable", 503), "throttled"],
  [of("TooManyRequests", 429), "throttled"],
  [of("InternalError", 500), "unclear"],
  [of("BadGateway", 502), "unclear"],
  [system("ECONNRESET"), "unclear"],
  [system("EPIPE"), "unclear"],
  [Object.assign(new Error("took too long"), { name: "TimeoutError" }), "unclear"],
  [new Error("socket hang up"), "unclear"],
  [of("InvalidPermission.Duplicate"), "stale"],
  [of("InvalidPermission.NotFound"), "stale"],
  [of("InvalidSecurityGroupRuleId.NotFound"), "stale"],
  [of("PrefixListVersionMismatch"), "contended"],
  [of("IncorrectState"), "contended"],
  [of("UnauthorizedOperation", 403), "fatal"],
  [of("InvalidGroup.NotFound"), "fatal"],
  [new TypeError("a defect"), "fatal"],
  ["what?", "fatal"],
  [undefined, "fatal"],
])("%s is %s", (error, verdict) => {
  expect(classifyAwsError(error)).toBe(verdict);
});

test.each([
  ["UnauthorizedOperation", "firewall/not-authorized", 'AWS does not permit ec2:X on "sg-1" to these credentials', 4],
  ["ExpiredToken", "aws/credentials-expired", "the AWS credentials have expired", 4],
  [
    "InvalidGroup.NotFound",
    "firewall/group-missing",
    "there is no such security group: InvalidGroup.NotFound was said",
    3,
  ],
  ["RulesPerSecurityGroupLimitExceeded", "firewall/quota", 'the group "sg-1" has no room for these rules', 5],
  ["Whatever", "firewall/aws", 'ec2:X on "sg-1" failed: Whatever was said (Whatever)', 1],
])("%s is told as %s", (name, code, message, exit) => {
  expect(faults.of(of(name), "ec2:X", "sg-1")).toMatchObject({ code, message, exit });
});

test("a defect of ours is not told as AWS's", () => {
  const defect = new TypeError("undefined is not a function");
  expect(faults.of(defect, "ec2:X")).toBe(defect);
});
