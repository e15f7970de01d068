/** What to do about the failures of Terraform that most users meet one day, by AWS's code or Terraform's words. Pure. */

const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /\bInsufficient(?:Instance|Host)Capacity\b|\bUnfulfillableCapacity\b/,
    "AWS has no such machine free in that zone now: try again later, or set subnet_id of another zone, another instance_type or region",
  ],
  [
    /\bVcpuLimitExceeded\b|\bMaxSpotInstanceCountExceeded\b/,
    'the account\'s quota of vCPUs is used up: end other machines, or ask for more; "sallyport doctor" names the quota',
  ],
  [
    /\bUnsupported\b.*\bAvailability Zone\b/s,
    "that zone does not offer the instance type: set subnet_id to a subnet of another zone",
  ],
  [
    /\bPendingVerification\b|\bOptInRequired\b/,
    "AWS does not let this account use the region or service yet: follow its e-mail, then run this again",
  ],
  [/acquiring the state lock/i, "another command is at work on this project: run this again when it has ended"],
  [
    /\bExpiredToken(?:Exception)?\b|\bRequestExpired\b/,
    "the AWS credentials have expired meanwhile: sign in again, then run this again; it goes on from there",
  ],
  [
    /\b(?:Entity|Parameter)AlreadyExists\b|\bBucketAlreadyOwnedByYou\b|\bInvalid(?:KeyPair|Permission)\.Duplicate\b/,
    'an earlier run made this and did not record it: "sallyport adopt" takes it into the state, then run this again',
  ],
  [
    /\bUnauthorizedOperation\b|\bAccessDenied(?:Exception)?\b|not authorized to perform/,
    "allow the action that is named above to these credentials in IAM, then run this again; it goes on from there",
  ],
];

/** @param said all that Terraform said */
export function remedyFor(said: string): string | undefined {
  return REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
}
