/**
 * The commands that pages and help texts show. Each of Sallyport's is parsed by the command line itself, so that no page
 * shows a command, an option or a number of arguments that does not exist; those that read nothing but the project are
 * run. Other programs are listed with the reason why they are not run here.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { buildProgram } from "../../cli/program.js";
import { settleSshWords, sshWords } from "../../cli/ssh-words.js";
import { test } from "../fixtures/temporary.js";
import { documents } from "../support/documents.js";
import { runInProcess } from "../support/run-cli.js";

const HOST = "needs a host: test/client and test/e2e do the same with one";
const AWS = "needs AWS, or an emulator: test/stacks deploys to one";
const READER = "changes the reader's machine or project";
const INPUT = "takes what another command gave, or gives to the next";
const SHELL = "belongs to the shell";
const REASONS: Readonly<Record<string, readonly string[]>> = {
  [AWS]: ["aws", "cdktf", "npx", "terraform"],
  [HOST]: ["agent", "curl", "journalctl", "nft", "psql", "scp", "ssh", "systemctl"],
  [READER]: [
    "apt-get",
    "chmod",
    "cp",
    "docker",
    "git",
    "mkdir",
    "mv",
    "node",
    "npm",
    "openssl",
    "pip",
    "pip3",
    "rm",
    "uv",
  ],
  [INPUT]: ["base64", "cat", "echo", "grep", "jq", "less", "pg_dump", "printf", "tar", "tee"],
  [SHELL]: ["cd", "eval", "exit", "source", "agent()", "}"],
};
const NOT_RUN = new Set(Object.values(REASONS).flat());

interface Shown {
  readonly where: string;
  readonly words: readonly string[];
}

const pages = [...documents(), "skills/sallyport/SKILL.md"];

const shown: readonly Shown[] = [
  ...pages.flatMap(commandsOfPage),
  ...commandsOfHelp(buildProgram(() => async () => {})),
];
const ours = shown.flatMap(({ where, words }) => {
  const own = wordsOfOurs(words);
  return own === undefined ? [] : [{ where, words: own }];
});
const others = shown.filter(({ words }) => wordsOfOurs(words) === undefined);

function commandsOfPage(page: string): Shown[] {
  const text = readFileSync(join(packageRoot, page), "utf8");
  const blocks = [...text.matchAll(/^([ ]*)```(console|sh|bash)\n([\s\S]*?)^\1```/gm)];
  return blocks.flatMap(([, , language, body = ""]) => {
    const lines = body
      .replaceAll(/\\\n\s*/g, " ")
      .split("\n")
      .map((line) => line.trim());
    const typed =
      language === "console"
        ? lines.flatMap((line) => /^\w*\$ (.*)$/.exec(line)?.[1] ?? [])
        : lines.filter((line) => line !== "" && !line.startsWith("#"));
    return typed.flatMap((line) => commandsIn(line).map((words) => ({ where: `${page}: ${line}`, words })));
  });
}

/** In a help text, what a command does stands behind three spaces. */
function commandsOfHelp(command: Command): Shown[] {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  const whole = text.replaceAll(/\\\n\s*/g, " ");
  const lines = [...whole.matchAll(/^ *\$ (.*)$/gm)].map(([, line = ""]) => line.split(/ {3,}/)[0] ?? "");
  const own = lines.flatMap((line) => commandsIn(line).map((words) => ({ where: `--help: ${line}`, words })));
  return [...own, ...command.commands.flatMap(commandsOfHelp)];
}

/** The simple commands of a line, with those in substitutions, without comments, redirections and assignments. */
function commandsIn(line: string): string[][] {
  const inner = [...line.matchAll(/[$<]\(([^()]*)\)/g)].flatMap(([, text = ""]) => commandsIn(text));
  const tokens =
    line
      .replaceAll(/[$<]\([^()]*\)/g, "SUBSTITUTED")
      .match(/'[^']*'|"[^"]*"|#.*|\|\||&&|[|;&]|(?:\\.|[^\s|;&'"]|'[^']*'|"[^"]*")+/g) ?? [];
  const commands: string[][] = [[]];
  for (const token of tokens) {
    if (token.startsWith("#")) break;
    if (/^(?:\|\||&&|[|;&])$/.test(token)) commands.push([]);
    else commands.at(-1)?.push(token.replaceAll(/['"]/g, ""));
  }
  return [...commands.map(withoutShell).filter((words) => words.length > 0), ...inner];
}

function withoutShell(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (/^[0-9]*(?:>>?|<)$/.test(word)) at += 1;
    else if (/^[0-9]*(?:>|<)/.test(word)) continue;
    else if (kept.length > 0 || !/^(?:\w+=.*|sudo|export)$/.test(word)) kept.push(word.replace(/^\((?=\w)/, ""));
  }
  return kept;
}

/** The words after `sallyport`, however the line starts it. */
function wordsOfOurs(words: readonly string[]): string[] | undefined {
  const [first, ...rest] = words;
  if (first === "sallyport") return rest;
  if (first === "npx" && rest[0] === "sallyport") return rest.slice(1);
  if (first === "npm" && rest[0] === "start") return ["demo", ...rest.slice(rest[1] === "--" ? 2 : 1)];
  return undefined;
}

describe("K-08: a command that is shown", () => {
  test("is found in every kind of block", () => {
    expect(ours.length).toBeGreaterThan(150);
    expect(commandsIn("A=1 sallyport get H:x - | tar x && B=$(sallyport hosts --json) # so")).toEqual([
      ["sallyport", "get", "H:x", "-"],
      ["tar", "x"],
      ["sallyport", "hosts", "--json"],
    ]);
  });

  test("exists, with its options and its number of arguments", async () => {
    const wrong: string[] = [];
    for (const { where, words } of ours) {
      const program = buildProgram(() => async () => {}, { writeOut: () => undefined });
      const settled = settleSshWords(program, words);
      const parsed = program.parseAsync(settled, { from: "user" });
      const behindHost = settled[0] === "ssh" ? settled.slice(settled.indexOf("--") + 2) : [];
      await parsed
        .then(() => sshWords(behindHost))
        .catch((error) => {
          if (error.exitCode !== 0) wrong.push(`${where}\n  ${error.message}`);
        });
    }
    expect(wrong).toEqual([]);
  });

  const runnable = ours.filter(({ words }) =>
    /^(?:config (?:path|schema|show|init)|completion|firewall (?:why|show)|certs (?:create|show|share)|keys (?:create|show)|--version|--help)\b/.test(
      words.join(" "),
    ),
  );
  const once = [...new Map(runnable.map((each) => [each.words.join(" "), each])).values()];
  test.for(once.map(({ words, where }) => [words.join(" "), where] as const))(
    "runs where it needs nothing but the project: %s",
    async ([line], { dir }) => {
      const run = (words: string) =>
        runInProcess(words.split(" "), { cwd: dir, env: { HOME: dir, SALLYPORT_CALLER: "203.0.113.7" } });
      mkdirSync(join(dir, "cloud"));
      // What the page has made before.
      if (/^(?:certs|keys) (?!create)/.test(line)) {
        for (const made of ["certs create", "keys create", "keys create team"]) await run(made);
        writeFileSync(join(dir, "team.crt"), (await run("certs share")).stdout);
      }
      const { code, stdout } = await run(line);
      // A packet that would not pass is status 4.
      expect([[0, 4].includes(code), stdout !== ""]).toEqual([true, true]);
    },
  );

  test("of the project's own scripts is there", () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
    const missing = others.flatMap(({ where, words: [program, ...rest] }) => {
      if (where.startsWith("examples/")) return [];
      if (program === "npm" && rest[0] === "run") return scripts[rest[1] ?? ""] === undefined ? [where] : [];
      const file = program === "node" ? rest.find((word) => /\.(?:ts|mjs|js)$/.test(word)) : undefined;
      return file === undefined || existsSync(join(packageRoot, file)) ? [] : [where];
    });
    expect(missing).toEqual([]);
  });

  test("of another program is known, with the reason why it is not run here", () => {
    const programs = new Set(others.map(({ words: [program = ""] }) => program));
    expect([...programs].filter((program) => !NOT_RUN.has(program))).toEqual([]);
  });
});

test.for(["README.md", "docs/start/getting-started.md"])("K-03: %s says how to get the command", (page) => {
  const text = readFileSync(join(packageRoot, page), "utf8");
  const section = /^## Install\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  for (const way of ["npm install -g sallyport", "npx sallyport", "From a clone"]) {
    expect(section.toLowerCase()).toContain(way.toLowerCase());
  }
});
