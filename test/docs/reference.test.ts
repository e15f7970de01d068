/**
 * docs/reference/commands.md and man/sallyport.1 are every command's help. `npx vitest run --project unit
 * test/docs/reference.test.ts -u` writes both anew.
 */
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { VERSION } from "../../base/version.js";
import { buildProgram } from "../../cli/program.js";
import { leaves, pathOf } from "./support/leaves.js";
import { manPage } from "./support/man-page.js";

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

test("the man page is what the commands say", async () => {
  const page = manPage(
    buildProgram(() => async () => {}),
    VERSION,
  );
  await expect(page).toMatchFileSnapshot(join(packageRoot, "man/sallyport.1"));
});

const HEAD = `# Commands

The help of every command, generated from the program. [The command line](cli.md) explains what they share. The options of
\`sallyport\` itself (\`--json\`, \`--quiet\`, \`--config\` …) apply to all of them.
`;
