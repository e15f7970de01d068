/** `sallyport adopt`: takes what AWS has of this deployment into the state. */
import type { Context, Register } from "../context.js";
import { openSteps } from "../steps.js";

export const register: Register = (program, wrap) => {
  program
    .command("adopt")
    .description("take hosts that exist into the state: after an interrupt, or after the state was lost")
    .addHelpText(
      "after",
      `
Looks for the machines of this deployment, and for the group, rules, key pair, role, parameters and bucket
around them, under the names that sallyport.yaml and your key make. What is there and not in the state is
imported by Terraform. Nothing changes in AWS; "sallyport plan" then shows what would.

Examples:
  $ sallyport adopt
  $ sallyport adopt --json | jq -r '.adopted[].name'`,
    )
    .action(wrap(adoptHosts));
};

async function adoptHosts(context: Context): Promise<void> {
  const { adopt } = await import("../../stacks/untracked/adopt.js");
  const loaded = await context.config();
  const adopted = await openSteps(context)("adopt", (options) => adopt(loaded, options));
  context.print({ adopted }, () =>
    adopted.length === 0
      ? "nothing of this deployment exists outside the state"
      : [
          ...adopted.map(({ name, id }) => `${name}  ${id}`),
          'next: "sallyport plan" shows what differs, "sallyport up" completes it',
        ].join("\n"),
  );
}
