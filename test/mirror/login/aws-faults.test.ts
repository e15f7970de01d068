import { describe, expect, test } from "vitest";
import { awsFault } from "../../../mirror/login/aws-faults.js";

const target = { domain: "tools", repository: "team" };

describe("P-10 what AWS says, and what to do", () => {
  const said = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });
  test.each([
    [
      "AccessDeniedException",
      "User: arn:aws:iam::1:user/a is not authorized to perform: sts:GetServiceBearerToken on resource: x",
      "mirror/no-bearer-token",
    ],
    [
      "AccessDeniedException",
      "User: a is not authorized to perform: codeartifact:GetAuthorizationToken on resource: x because no VPC endpoint policy allows the action",
      "mirror/endpoint-policy",
    ],
    [
      "AccessDeniedException",
      "User: a is not authorized to perform: codeartifact:GetAuthorizationToken on resource: x",
      "mirror/not-authorized",
    ],
    ["AccessDeniedException", "User: arn:aws:iam::1:root is not authorized", "mirror/root-user"],
    ["ExpiredTokenException", "expired", "mirror/credentials-expired"],
    ["UnrecognizedClientException", "invalid", "mirror/credentials-wrong"],
    ["CredentialsProviderError", "none", "mirror/no-credentials"],
    ["ResourceNotFoundException", "Domain not found", "mirror/not-found"],
    ["ThrottlingException", "Rate exceeded", "mirror/throttled"],
    ["Error", "Region is missing", "mirror/no-region"],
  ])("%s %s", (name, message, code) => {
    expect(awsFault(said(name, message), "GetAuthorizationToken", target)).toMatchObject({
      code,
      hint: expect.any(String),
    });
  });
  test("a defect of ours stays what it is", () => {
    const defect = new TypeError("x is undefined");
    expect(awsFault(defect, "GetAuthorizationToken", target)).toBe(defect);
  });
});
