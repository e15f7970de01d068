/** AWS's quotas. */
export const QUOTAS = {
  domains: 10,
  repositories: 100,
  upstreams: 10,
  /** External connections of one repository. */
  connections: 1,
  tags: 50,
  /** Characters. */
  policy: 7168,
  /** Calls of GetAuthorizationToken in a second. */
  tokens: 40,
  /** Items of one page of a list. */
  page: 1000,
} as const;
