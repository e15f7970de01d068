/**
 * Classifies errors of EC2 calls by whether the call may have taken effect, and what to do next:
 *
 * - `throttled`: no effect; send the same call again later.
 * - `unclear`: it may have taken effect (the connection broke, EC2 failed inside); read again.
 * - `stale`: EC2's state differs from the last read; read again.
 * - `contended`: another client changed the prefix list, or is changing it; read again, once.
 * - `fatal`: a retry would fail as well.
 */
export type AwsErrorKind = "throttled" | "unclear" | "stale" | "contended" | "fatal";

const THROTTLED = new Set([
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "EC2ThrottledException",
  "BandwidthLimitExceeded",
  "SlowDown",
]);

const STALE = new Set([
  "InvalidPermission.Duplicate",
  "InvalidPermission.NotFound",
  "InvalidSecurityGroupRuleId.NotFound",
]);

const CONTENDED = new Set(["PrefixListVersionMismatch", "IncorrectState"]);

const BROKEN_CONNECTION = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_SOCKET",
]);

export function classifyAwsError(error: unknown): AwsErrorKind {
  const name = awsCode(error);
  if (STALE.has(name)) return "stale";
  if (CONTENDED.has(name)) return "contended";
  const status = statusOf(error);
  // EC2 sends 503 for requests that it did not begin.
  if (THROTTLED.has(name) || status === 429 || status === 503) return "throttled";
  if (status !== undefined && status >= 500) return "unclear";
  if (name === "TimeoutError" || BROKEN_CONNECTION.has(text(error, "code"))) return "unclear";
  return /socket hang up/i.test(text(error, "message")) ? "unclear" : "fatal";
}

/** `InvalidGroup.NotFound`, `CredentialsProviderError` … */
export function awsCode(error: unknown): string {
  return text(error, "name");
}

export function awsMessage(error: unknown): string {
  return text(error, "message") || String(error);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

function text(error: unknown, key: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : "";
}
