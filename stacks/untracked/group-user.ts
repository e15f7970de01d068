/** Something outside the stack that uses one of its groups, or is in one of its subnets. */
export interface GroupUser {
  /** The id of the group or the subnet. */
  readonly group: string;
  /** The network interface, or the other group with a rule that refers to it. */
  readonly id: string;
  /** What the interface belongs to: an instance, or AWS's own description. */
  readonly of: string;
}
