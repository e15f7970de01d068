/** Errors of the API, with AWS's types, statuses and bodies: the SDKs raise the same exceptions as for AWS. */

export type ResourceType = "domain" | "repository" | "package" | "package-version" | "asset";

export interface ErrorFields {
  readonly resourceId?: string;
  readonly resourceType?: ResourceType;
  readonly reason?: "CANNOT_PARSE" | "FIELD_VALIDATION_FAILED" | "UNKNOWN_OPERATION" | "OTHER";
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  /** @param type the value of `x-amzn-ErrorType`. */
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly fields: ErrorFields = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const invalid = (message: string) =>
  new ApiError(400, "ValidationException", message, { reason: "FIELD_VALIDATION_FAILED" });

/** AWS's text for a value that breaks a rule of its model. */
export const badField = (field: string, value: string | undefined, rule: string) =>
  invalid(
    `1 validation error detected: Value ${value === undefined ? "null" : `'${shorten(value)}'`} at '${field}' failed to satisfy constraint: Member must ${rule}`,
  );

export const cannotParse = (message: string) =>
  new ApiError(400, "ValidationException", message, { reason: "CANNOT_PARSE" });

export const missing = (resourceType: ResourceType, resourceId: string) =>
  new ApiError(404, "ResourceNotFoundException", `${TITLES[resourceType]} not found. '${resourceId}' does not exist.`, {
    resourceId,
    resourceType,
  });

export const noPolicy = (resourceType: ResourceType, resourceId: string) =>
  new ApiError(404, "ResourceNotFoundException", `There is no permissions policy on ${resourceType} '${resourceId}'.`, {
    resourceId,
    resourceType,
  });

export const conflict = (message: string, resourceType: ResourceType, resourceId: string) =>
  new ApiError(409, "ConflictException", message, { resourceId, resourceType });

/** AWS's model has 402. */
export const quotaExceeded = (message: string, resourceType: ResourceType, resourceId: string) =>
  new ApiError(402, "ServiceQuotaExceededException", message, { resourceId, resourceType });

export const throttled = () => new ApiError(429, "ThrottlingException", "Rate exceeded", {}, { "Retry-After": "1" });

export const accessDenied = (who: string, operation: string) =>
  new ApiError(403, "AccessDeniedException", `User: ${who} is not authorized to perform: codeartifact:${operation}`);

export const refused = (status: number, message: string) => new ApiError(status, "AccessDeniedException", message);

export const unknownOperation = (method: string, path: string) =>
  new ApiError(404, "UnknownOperationException", `There is no operation ${method} ${shorten(path)}`, {
    reason: "UNKNOWN_OPERATION",
  });

export const tooLarge = (bytes: number) =>
  new ApiError(
    413,
    "RequestEntityTooLargeException",
    `A request has at most ${bytes} bytes`,
    {},
    { Connection: "close" },
  );

/** Refused signatures. All AWS services share these types. */
export const notSigned = () => new ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token");

export const incompleteSignature = (reason: string) => new ApiError(403, "IncompleteSignatureException", reason);

export const unknownKey = () =>
  new ApiError(403, "UnrecognizedClientException", "The security token included in the request is invalid.");

export const expiredKey = () =>
  new ApiError(403, "ExpiredTokenException", "The security token included in the request is expired");

export const badSignature = (reason: string) => new ApiError(403, "InvalidSignatureException", reason);

export const internalError = () =>
  new ApiError(500, "InternalServerException", "The log has the reason under this request id");

const TITLES: Readonly<Record<ResourceType, string>> = {
  domain: "Domain",
  repository: "Repository",
  package: "Package",
  "package-version": "Package version",
  asset: "Asset",
};

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text);
