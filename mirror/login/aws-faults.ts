/** AWS's errors as faults that say what to do. */
import { EXIT, Fault, quote } from "../../base/fault.js";
import type { RepositoryRef } from "./repository-ref.js";

/** @param action as IAM calls it, without `codeartifact:`. */
export function awsFault(error: unknown, action: string, target: RepositoryRef): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error;
  const said = error.message.trim() === "" ? error.name : error.message.trim();
  const where = `${quote(target.repository)} of the domain ${quote(target.domain)}`;
  const fault = (code: string, message: string, hint: string, exit: Fault["exit"] = EXIT.failure) =>
    new Fault(`mirror/${code}`, message, { hint, exit, cause: error });
  if (/region is missing/i.test(said))
    return fault("no-region", "no region is set", "add --region, or set AWS_REGION", EXIT.usage);
  switch (error.name) {
    case "AccessDeniedException":
    case "AccessDenied":
      return denied(said, action, where, fault);
    case "CredentialsProviderError":
      return fault("no-credentials", "there are no AWS credentials", SIGN_IN, EXIT.auth);
    case "ExpiredTokenException":
    case "ExpiredToken":
    case "RequestExpired":
      return fault("credentials-expired", "the AWS credentials have expired", SIGN_IN, EXIT.auth);
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
    case "IncompleteSignature":
      return fault("credentials-wrong", `AWS does not accept the credentials: ${said}`, SIGN_IN, EXIT.auth);
    case "ResourceNotFoundException":
      return fault(
        "not-found",
        `CodeArtifact does not know ${where}: ${said}`,
        "check the names, --domain-owner and --region: aws codeartifact list-repositories shows what there is",
        EXIT.notFound,
      );
    case "NotFromAws":
      return fault(
        "not-from-aws",
        `${action} failed: ${said}`,
        "a proxy or a captive portal answers in its place: look at HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL",
      );
    case "ThrottlingException":
    case "ServiceQuotaExceededException":
      return fault("throttled", `CodeArtifact refuses for now: ${said}`, "try again in a minute");
  }
  if (/\broot\b/i.test(said) && /user|account/i.test(said)) return root(fault);
  if (isUntrusted(error))
    return fault(
      "untrusted",
      `the certificate of CodeArtifact's endpoint is not trusted: ${said}`,
      "where it is your own, name it in NODE_EXTRA_CA_CERTS; otherwise the connection may be intercepted",
    );
  if (isNetwork(error))
    return fault(
      "unreachable",
      `CodeArtifact cannot be reached: ${said}`,
      "in a network without Internet this needs the interface endpoint codeartifact.api, with private DNS, and port 443 open to it",
    );
  if (!("$metadata" in error)) return error;
  return fault("aws", `${action} failed: ${said} (${error.name})`, "see the AWS documentation for this error");
}

const SIGN_IN = "set AWS_PROFILE, or sign in again: aws sso login";

type Make = (code: string, message: string, hint: string, exit?: Fault["exit"]) => Fault;

function denied(said: string, action: string, where: string, fault: Make): Fault {
  if (/:root\b/.test(said) || /root user/i.test(said)) return root(fault);
  const wanted = /not authorized to perform:? ([\w-]+:\w+)/i.exec(said)?.[1] ?? `codeartifact:${action}`;
  if (/VPC endpoint policy/i.test(said))
    return fault(
      "endpoint-policy",
      `the policy of the VPC endpoint does not allow ${wanted}`,
      "let the policies of both CodeArtifact endpoints allow it to this role",
      EXIT.auth,
    );
  if (/sts:GetServiceBearerToken/i.test(said))
    return fault(
      "no-bearer-token",
      "these credentials may not call sts:GetServiceBearerToken",
      "allow it in the role's policy, on * with the condition sts:AWSServiceName = codeartifact.amazonaws.com: GetAuthorizationToken needs both",
      EXIT.auth,
    );
  return fault(
    "not-authorized",
    `these credentials may not call ${wanted} on ${where}`,
    action === "GetAuthorizationToken"
      ? "allow codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken in the role's policy"
      : `allow ${wanted} in the role's policy or in the repository's`,
    EXIT.auth,
  );
}

const root = (fault: Make) =>
  fault(
    "root-user",
    "the root user of an account gets no CodeArtifact token",
    "use a role or an IAM user: set AWS_PROFILE",
    EXIT.auth,
  );

function isUntrusted(error: Error): boolean {
  return /^(?:CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|ERR_TLS_CERT_\w+)$/.test(codeOf(error));
}

function isNetwork(error: Error): boolean {
  const codes = /^(?:ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ERR_TLS\w+|ERR_SSL\w+)$/;
  return codes.test(codeOf(error)) || error.name === "TimeoutError" || error.name === "NetworkingError";
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}
