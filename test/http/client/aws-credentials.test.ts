import { describe, expect, test } from "vitest";
import { credentialsFault } from "../../../http/client/aws-credentials.js";

const of = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });
const provider = (message: string) => of("CredentialsProviderError", message);
const DEV = { AWS_PROFILE: "dev" };
const KEYS = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s" };

describe("S-10: credentials that AWS does not take", () => {
  test.each([
    [
      provider("Could not load credentials from any providers"),
      {},
      "aws/no-credentials",
      "there are no AWS credentials",
    ],
    [
      provider("Could not resolve credentials using profile: [dev] in configuration/credentials file(s)."),
      DEV,
      "aws/no-credentials",
      'there are no AWS credentials of the profile "dev"',
    ],
    [
      provider(
        "The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login",
      ),
      DEV,
      "aws/sso-expired",
      'the SSO login of the profile "dev" has expired or was never made',
    ],
    [
      provider("The SSO session token associated with profile=dev was not found or is invalid. To refresh this SSO …"),
      DEV,
      "aws/sso-expired",
      'the SSO login of the profile "dev" has expired or was never made',
    ],
    [
      of("TokenProviderError", "Token is expired. To refresh this SSO session run 'aws sso login' with the profile."),
      {},
      "aws/sso-expired",
      "the SSO login has expired or was never made",
    ],
    [
      provider("Profile dev requires multi-factor authentication, but no MFA code callback was provided."),
      DEV,
      "aws/mfa-needed",
      'the profile "dev" asks for an MFA code, which Terraform cannot pass on',
    ],
    [
      provider("Your session has expired. Please reauthenticate."),
      {},
      "aws/credentials-expired",
      "the AWS login has expired",
    ],
    [
      provider("Profile dev is broken in a new way"),
      DEV,
      "aws/no-credentials",
      'the AWS credentials of the profile "dev" cannot be used: Profile dev is broken in a new way',
    ],
    [of("ExpiredToken", "x"), KEYS, "aws/credentials-expired", "the AWS credentials in AWS_ACCESS_KEY_ID have expired"],
    [of("ExpiredTokenException", "x"), {}, "aws/credentials-expired", "the AWS credentials have expired"],
    [of("InvalidClientTokenId", "x"), KEYS, "aws/unknown-key", "AWS does not know the access key in AWS_ACCESS_KEY_ID"],
    [of("AuthFailure", "x"), {}, "aws/unknown-key", "AWS does not know the access key"],
    [
      of("SignatureDoesNotMatch", "The request signature we calculated does not match"),
      KEYS,
      "aws/wrong-secret",
      "the AWS secret key in AWS_ACCESS_KEY_ID does not belong to its access key",
    ],
    [
      of("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260102T000000Z"),
      {},
      "aws/wrong-clock",
      "AWS refuses the time of this machine's clock",
    ],
    [of("RequestTimeTooSkewed", "x"), {}, "aws/wrong-clock", "AWS refuses the time of this machine's clock"],
  ])("%s", (error, env, code, message) => {
    expect(credentialsFault(error, env)).toMatchObject({ code, message, exit: 4, cause: error });
  });

  test("come with what to type", () => {
    const hint = (error: Error) => credentialsFault(error, DEV)?.hint;
    expect(hint(provider("The SSO session associated with this profile has expired."))).toBe(
      "type: aws sso login --profile dev",
    );
    expect(hint(provider("Profile dev requires multi-factor authentication"))).toBe(
      'start a session with the code first: eval "$(aws configure export-credentials --profile dev --format env)"',
    );
  });

  test("are not what else may fail", () => {
    expect(credentialsFault(of("UnauthorizedOperation", "x"))).toBeUndefined();
    expect(credentialsFault(new TypeError("a defect"))).toBeUndefined();
    expect(credentialsFault("text")).toBeUndefined();
  });
});
