/** The security groups that decide who reaches a machine. */
export interface HostAccess {
  /** The groups of a machine. */
  readonly securityGroupIds: string[];
  readonly securityGroupId: string;
}

/** A group that others manage: it is attached, and never changed. */
export function existingGroup(securityGroupId: string): HostAccess {
  return { securityGroupId, securityGroupIds: [securityGroupId] };
}
