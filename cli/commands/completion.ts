/** `sallyport completion bash|zsh|fish`: a script made of the commands as they are. */
import { Argument } from "commander";
import type { Register } from "../context.js";

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
        const { commandTree } = await import("../completion/tree.js");
        context.out((await generatorFor(shell))(commandTree(program)).trimEnd());
      }),
    );
};

async function generatorFor(shell: (typeof shells)[number]) {
  switch (shell) {
    case "bash":
      return (await import("../completion/bash.js")).bashCompletion;
    case "zsh":
      return (await import("../completion/zsh.js")).zshCompletion;
    case "fish":
      return (await import("../completion/fish.js")).fishCompletion;
  }
}
