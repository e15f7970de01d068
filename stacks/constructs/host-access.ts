/** The security groups in front of a machine. */
export interface HostAccess {
  /** The groups to attach to a machine. */
  readonly securityGroupIds: string[];
  readonly securityGroupId: string;
}

/** A group under other management: it is attached and never changed. */
export function existingGroup(securityGroupId: string): HostAccess {
  return { securityGroupId, securityGroupIds: [securityGroupId] };
}
