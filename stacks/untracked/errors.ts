import { EXIT, Fault } from "../../base/fault.js";
import { STACK_NAME, type StackName } from "../names.js";
import type { GroupUser } from "./group-user.js";
import { type Untracked, untrackedText } from "./untracked.js";

/** What can be done about it, for warnings and errors alike. */
export function remedyFor(untracked: readonly Untracked[]): string {
  const machines = untracked.some(({ removable }) => removable);
  const rest = machines
    ? '"sallyport down --orphans" terminates machines'
    : "remove the rest in AWS's console or with the aws command";
  const [elsewhere] = untracked.flatMap(({ region }) => region ?? []);
  if (elsewhere !== undefined)
    return `set AWS_REGION=${elsewhere}, or region: ${elsewhere}, to see to those there first`;
  return `"sallyport adopt" takes hosts and what belongs to them into the state; ${rest}`;
}

export const untrackedLeft = (untracked: readonly Untracked[]): Fault =>
  new Fault("stacks/untracked", `made from here, but in no state: ${untrackedText(untracked)}`, {
    hint: `an interrupted run left this, and another would be made beside it; ${remedyFor(untracked)}`,
    exit: EXIT.conflict,
  });

export const interruptedWith = (untracked: readonly Untracked[], cause: unknown): Fault =>
  new Fault(
    "stacks/interrupted",
    `terraform apply was interrupted, and these are not in the state: ${untrackedText(untracked)}`,
    {
      hint: `the rest is recorded; ${remedyFor(untracked)}`,
      exit: EXIT.interrupted,
      cause,
    },
  );

export const madeElsewhere = (
  stack: StackName,
  deployment: string,
  where: { readonly account: string; readonly region: string },
  found: readonly Untracked[],
  mend = "give this one a name: of its own in sallyport.yaml",
): Fault =>
  new Fault("stacks/made-elsewhere", madeElsewhereText(stack, deployment, where, found), {
    hint: `go on in the project that has its state, or copy its terraform.${stack}.tfstate here; for a second deployment, ${mend}${stack === STACK_NAME ? "; if the state is lost: sallyport adopt" : ""}`,
    exit: EXIT.conflict,
  });

export const madeElsewhereText = (
  stack: StackName,
  deployment: string,
  where: { readonly account: string; readonly region: string },
  found: readonly Untracked[],
): string =>
  `${stack} ${deployment} exists already in ${where.region} of account ${where.account}, and was not made from here: ${untrackedText(found)}`;

export const groupsInUse = (users: readonly GroupUser[]): Fault =>
  new Fault(
    "stacks/group-in-use",
    `EC2 would not remove what is still in use: ${users.map(({ group, id, of }) => `${group} by ${id} (${of})`).join(", ")}`,
    {
      hint: "nothing was removed; end or detach these first, or give them another security group; then run the same command again",
      exit: EXIT.conflict,
    },
  );
