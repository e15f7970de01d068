/** What decides who reaches a machine. */
export interface HostAccess {
  /** What a machine is put in. */
  readonly securityGroupIds: string[];
  readonly securityGroupId: string;
}

/** A group that somebody else keeps: it is attached, and never changed. */
export function existingGroup(securityGroupId: string): HostAccess {
  return { securityGroupId, securityGroupIds: [securityGroupId] };
}
