/**
 * Why AWS does not accept the credentials, in one sentence, and what to type. The SDK tells these cases apart by its messages
 * alone, and AWS by codes that mean several things.
 */
import { EXIT, Fault, quote } from "../../base/fault.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Pure. @returns undefined for an error that is not about credentials */
export function credentialsFault(error: unknown, env: Environment = process.env): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message: said } = error;
  const login = env.AWS_PROFILE ? `aws sso login --profile ${env.AWS_PROFILE}` : "aws sso login";
  const fault = (code: string, message: string, hint: string) =>
    new Fault(`aws/${code}`, message, { hint, exit: EXIT.auth, cause: error });
  const expired = () =>
    fault(
      "credentials-expired",
      `the AWS credentials${from(env)} have expired`,
      `sign in again, for example: ${login}`,
    );
  switch (name) {
    case "CredentialsProviderError":
    case "TokenProviderError":
      if (/multi-factor/i.test(said)) return mfaNeeded(env.AWS_PROFILE || "default", error);
      if (/\bsso\b/i.test(said) && /expired|invalid|not found|refresh/i.test(said)) {
        return fault("sso-expired", `the SSO login${from(env)} has expired or was never made`, `type: ${login}`);
      }
      if (/could not load credentials|could not resolve credentials|could not be found/i.test(said)) {
        return fault("no-credentials", `there are no AWS credentials${from(env)}`, SIGN_IN);
      }
      if (/reauthenticate|re-authenticate/i.test(said)) {
        return fault("credentials-expired", `the AWS login${from(env)} has expired`, "type: aws login");
      }
      return fault("no-credentials", `the AWS credentials${from(env)} cannot be used: ${said}`, SIGN_IN);
    case "ExpiredToken":
    case "ExpiredTokenException":
      return expired();
    case "RequestExpired":
    case "RequestTimeTooSkewed":
      return wrongClock(fault);
    case "SignatureDoesNotMatch":
    case "InvalidSignatureException":
      if (/expired|not yet current/i.test(said)) return wrongClock(fault);
      return fault("wrong-secret", `the AWS secret key${from(env)} does not belong to its access key`, SIGN_IN);
    case "AuthFailure":
    case "InvalidClientTokenId":
    case "UnrecognizedClientException":
    case "IncompleteSignature":
      return fault(
        "unknown-key",
        `AWS does not know the access key${from(env)}`,
        `${SIGN_IN}; a region that the account has not enabled answers the same`,
      );
    default:
      return undefined;
  }
}

/** Terraform cannot ask for a code, and neither do we: the credentials of the session are handed over instead. */
function mfaNeeded(profile: string, cause: unknown): Fault {
  return new Fault(
    "aws/mfa-needed",
    `the profile ${quote(profile)} asks for an MFA code, which Terraform cannot pass on`,
    {
      hint: `start a session with the code first: eval "$(aws configure export-credentials --profile ${profile} --format env)"`,
      exit: EXIT.auth,
      cause,
    },
  );
}

export function noProfile(profile: string, others: readonly string[]): Fault {
  const known = others.length === 0 ? "there are none yet" : `there are: ${others.join(", ")}`;
  return new Fault("aws/no-profile", `AWS_PROFILE names the profile ${quote(profile)}, which does not exist`, {
    hint: `${known}; set another AWS_PROFILE, or type: aws configure --profile ${profile}`,
    exit: EXIT.auth,
  });
}

const SIGN_IN = 'type "aws configure" or "aws sso login", or set AWS_PROFILE';

const wrongClock = (fault: (code: string, message: string, hint: string) => Fault) =>
  fault(
    "wrong-clock",
    "AWS refuses the time of this machine's clock",
    "set the clock, for example: timedatectl set-ntp true",
  );

/** The source of the credentials, as Terraform chooses it. */
function from(env: Environment): string {
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) return " in AWS_ACCESS_KEY_ID";
  return env.AWS_PROFILE ? ` of the profile ${quote(env.AWS_PROFILE)}` : "";
}
