/** Something outside the stack that uses one of its groups. */
export interface GroupUser {
  readonly group: string;
  /** The network interface, or the other group with a rule that refers to it. */
  readonly id: string;
  /** What the interface belongs to: an instance, or AWS's own description. */
  readonly of: string;
}
