import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../../base/fault.js";
import { packageRoot } from "../../base/tools.js";
import { EXIT_STATUSES } from "../../cli/exit-statuses.js";
import { buildProgram } from "../../cli/program.js";

test("the table has every status once, in order", () => {
  const statuses = EXIT_STATUSES.map(({ status }) => status);
  expect(statuses).toEqual([...new Set(Object.values(EXIT))].sort((one, other) => one - other));
});

test.each(["docs/reference/cli.md", "skills/sallyport/SKILL.md"])("%s has the table, and no other row", (page) => {
  const rows = readFileSync(join(packageRoot, page), "utf8").match(/^\| \d+ \| .*\n/gm) ?? [];
  expect(rows.join("")).toBe(EXIT_STATUSES.map(({ status, meaning }) => `| ${status} | ${meaning} |\n`).join(""));
});

test("the help ends with the statuses that a person meets", () => {
  let help = "";
  buildProgram(() => async () => {}, { writeOut: (text) => (help += text) }).outputHelp();
  expect(help.slice(help.indexOf("Exit status:"))).toMatchInlineSnapshot(`
    "Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found,
    4 not allowed, 5 conflict, 10 changes pending (with --check), 130 interrupted.
    "
  `);
});

test("a status in the help of a command is one of the table", () => {
  let help = "";
  const program = buildProgram(() => async () => {}, { writeOut: (text) => (help += text) });
  const visit = (command: typeof program) => {
    command.outputHelp();
    for (const child of command.commands) visit(child as typeof program);
  };
  visit(program);
  const named = [...help.matchAll(/\b[Ee]xits? (?:with )?(?:status )?(\d+)/g)].map(([, status]) => Number(status));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((status) => !EXIT_STATUSES.some((known) => known.status === status))).toEqual([]);
});
