/** Why a connection failed, in words. */
import { networkCode, networkText } from "../../http/client/errors.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such name",
  EAI_AGAIN: "the name cannot be looked up now",
  ENETUNREACH: "no route",
  EHOSTUNREACH: "no route",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut off",
  ETIMEDOUT: "no answer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself; name it with --source-cert FILE to trust it",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an unknown authority; name that with --source-cert FILE",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an unknown authority",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
};

export function reasonOf(error: unknown): string {
  const code = networkCode(error) ?? "";
  return REASONS[code] ?? (networkText(error) || code);
}
