/** docs/reference/commands.md is every command's help. `npx vitest run --project unit test/docs/reference.test.ts -u` writes it anew. */
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { buildProgram } from "../../cli/program.js";

test("the page of commands is what the commands say", async () => {
  let help = "";
  const program = buildProgram(() => async () => {}, {
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => 100,
  });
  const helpOf = (command: Command) => {
    help = "";
    command.outputHelp();
    return help.replace(/\nGlobal Options:\n(?: .*\n)+/, "").trim();
  };
  const sections = leaves(program).map(
    (command) => `## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  const page = [HEAD, `\`\`\`text\n${helpOf(program)}\n\`\`\`\n`, ...sections].join("\n");
  await expect(page).toMatchFileSnapshot(join(packageRoot, "docs/reference/commands.md"));
});

const HEAD = `# Commands

The help of every command, generated from the program. [The command line](cli.md) explains what they share. The options of
\`sallyport\` itself (\`--json\`, \`--quiet\`, \`--config\` …) apply to all of them.
`;

/** Commands that do something, in the order of the help; groups such as \`config\` only hold them. */
function leaves(command: Command): Command[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
  return children.flatMap((child) => (child.commands.length === 0 ? [child] : leaves(child)));
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
