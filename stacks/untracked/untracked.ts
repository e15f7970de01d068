/**
 * Resources that carry the project's tag and are in none of its states. Terraform records a resource when AWS has
 * answered; what an interrupted deployment had asked for until then is made all the same. Pure.
 */
import { defined } from "../../base/defined.js";
import { DEPLOYMENT_TAG, HOST_TAG } from "../names.js";

/** A resource as EC2 lists it. */
export interface TaggedResource {
  readonly id: string;
  /** EC2's word: `instance`, `key-pair`, `security-group`, `elastic-ip` … */
  readonly type: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Of instances. */
  readonly machine?: { readonly type: string; readonly state: string; readonly startedAt?: Date };
}

export interface Untracked {
  readonly id: string;
  readonly type: string;
  /** The host that the machine is. */
  readonly host?: string;
  readonly instance_type?: string;
  readonly state?: string;
  readonly since?: string;
  /** If it is not the configured one. */
  readonly region?: string;
  /** Whether it is certain that this deployment made it, and is in the configured region, so that it may be removed. */
  readonly removable: boolean;
}

/** States of machines that cost nothing any more. */
export const ENDED = new Set(["shutting-down", "terminated"]);

/**
 * @param states the resources of each of the project's states, as text: what it names is tracked
 * @param deployments names of the project's deployments with this machine's key. A machine of another key is another
 * person's, though the project's id be the same: the directory was copied.
 */
export function untrackedOf(
  resources: readonly TaggedResource[],
  states: readonly string[],
  deployments: readonly string[],
): Untracked[] {
  return resources
    .filter(({ id }) => !states.some((text) => text.includes(JSON.stringify(id))))
    .filter(({ machine }) => machine === undefined || !ENDED.has(machine.state))
    .filter(({ tags }) => {
      const deployment = tags[DEPLOYMENT_TAG];
      return deployment === undefined || deployments.includes(deployment);
    })
    .map(({ id, type, tags, machine }) =>
      defined({
        id,
        type,
        host: tags[HOST_TAG],
        instance_type: machine?.type,
        state: machine?.state,
        since: machine?.startedAt?.toISOString(),
        removable: machine !== undefined && tags[DEPLOYMENT_TAG] !== undefined,
      }),
    )
    .sort((a, b) => Number(b.removable) - Number(a.removable) || (a.id < b.id ? -1 : 1));
}

/** `i-1 (accelerator-1, g6.xlarge, running since 2026-12-01T11:02:00Z), sg-2 (security group)` */
export function untrackedText(untracked: readonly Untracked[]): string {
  return untracked
    .map(({ id, type, host, instance_type, state, since, region }) => {
      const life = state === undefined ? undefined : `${state}${since === undefined ? "" : ` since ${since}`}`;
      const facts = instance_type === undefined ? [type.replaceAll("-", " ")] : [host, instance_type, life];
      if (region !== undefined) facts.push(`in ${region}`);
      return `${id} (${facts.filter(Boolean).join(", ")})`;
    })
    .join(", ");
}
