/** `sallyport completion bash|zsh|fish`: a script generated from the registered commands. */
import { Argument } from "commander";
import type { Context, Register } from "../../context.js";

const shells = ["bash", "zsh", "fish"] as const;

export const register: Register = (program, wrap) => {
  program
    .command("completion")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  $ source <(sallyport completion bash)      in ~/.bashrc
  $ source <(sallyport completion zsh)       in ~/.zshrc, after compinit
  $ sallyport completion fish | source       in ~/.config/fish/config.fish`,
    )
    .action(
      wrap<[(typeof shells)[number]]>(async (context, shell) => {
        const { commandTree } = await import("../../command-tree.js");
        context.out((await generatorFor(shell))(commandTree(program)).trimEnd());
      }),
    );
  program.command("__hosts", { hidden: true }).description("names for the completion scripts").action(wrap(hosts));
};

/** Prints names for the completing shell, and never an error. */
async function hosts(context: Context): Promise<void> {
  const { readOutputs } = await import("../../../stacks/accelerator-hosts/outputs.js");
  const { projectDir } = await context.config();
  const found = await readOutputs({ projectDir }).catch(() => undefined);
  // bash expands completions as code, so only plain names may reach it.
  const names = found?.hosts.map(({ name }) => name).filter((name) => /^[a-z0-9][a-z0-9-]*$/.test(name)) ?? [];
  if (names.length > 0) context.out(names.join("\n"));
}

async function generatorFor(shell: (typeof shells)[number]) {
  switch (shell) {
    case "bash":
      return (await import("../../../base/completion/bash.js")).bashCompletion;
    case "zsh":
      return (await import("../../../base/completion/zsh.js")).zshCompletion;
    case "fish":
      return (await import("../../../base/completion/fish.js")).fishCompletion;
  }
}
