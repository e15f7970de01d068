/** Where a stack is: its account and its region, as far as the resources in Terraform's state tell. Pure. */
import { defined } from "../../base/defined.js";
import { managed, type StateFile } from "../terraform/state.js";

export interface Place {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

export interface CallerIdentity {
  /** Twelve digits. */
  readonly account: string;
  /** ARN of the user or of the assumed role. */
  readonly arn: string;
}

type Resources = Pick<StateFile, "resources">;

/**
 * The place that the ARNs of a stack's own resources and of its existing hosts name. Other data sources do not count: a
 * shared VPC belongs to another account. ARNs of IAM name no region, those of S3 neither region nor account.
 *
 * @returns undefined for a state with neither resources nor hosts.
 */
export function placeInState({ resources = [] }: Resources): Partial<Place> | undefined {
  const ours = resources
    .filter(({ mode, type }) => mode === "managed" || type === "aws_instance")
    .flatMap(({ instances = [] }) => instances);
  if (ours.length === 0) return undefined;
  const arns = ours.flatMap(({ attributes }) =>
    typeof attributes?.arn === "string" ? [attributes.arn.split(":")] : [],
  );
  const first = (part: number) => arns.map((arn) => arn[part]).find(Boolean);
  return defined({ account: first(4), region: first(3) });
}

/** Whether one of these security groups is the stack's own. */
export function hasGroup(state: Resources, groupIds: readonly string[]): boolean {
  return managed(state, "aws_security_group").some(({ id }) => groupIds.includes(String(id)));
}
