/** `sallyport synth`: Terraform's JSON of all configured stacks; the app of cdktf.json. */
import type { Context, Register } from "../context.js";

export const register: Register = (program, wrap) => {
  program
    .command("synth")
    .description("write Terraform's JSON of all configured stacks, without deploying; cdktf.json runs it")
    .addHelpText(
      "after",
      `
Makes the keys, the certificate and the token that are missing, as up does. Needs neither Terraform nor AWS.
When cdktf runs it, it asks AWS what up asks first, and warns of what up would refuse.
Writes to cdktf.out/ beside sallyport.yaml, or where cdktf says.

Examples:
  $ sallyport synth
  $ sallyport synth --json`,
    )
    .action(wrap(synth));
};

async function synth(context: Context): Promise<void> {
  const { synthesizeProject } = await import("../../stacks/lifecycle/synthesize.js");
  const { env, signal, note, warn } = context;
  const loaded = await context.config();
  const stacks = await synthesizeProject(loaded, { env, signal, onStep: note, onWarning: warn });
  context.print({ stacks }, () => stacks.map(({ name, dir }) => `${name}  ${dir}`).join("\n"));
}
