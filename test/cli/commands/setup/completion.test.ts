import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bashCompletion } from "../../../../base/completion/bash.js";
import { allNodes } from "../../../../base/completion/command-node.js";
import { fishCompletion } from "../../../../base/completion/fish.js";
import { zshCompletion } from "../../../../base/completion/zsh.js";
import { findProgram } from "../../../../base/tools.js";
import { commandTree } from "../../../../cli/command-tree.js";
import type { Wrap } from "../../../../cli/context.js";
import { buildProgram } from "../../../../cli/program.js";
import { run } from "../../../support/run.js";
import { runInProcess } from "../../../support/run-cli.js";

const noAction: Wrap = () => async () => {};
const tree = commandTree(buildProgram(noAction));
const scripts = { bash: bashCompletion(tree), zsh: zshCompletion(tree), fish: fishCompletion(tree) };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-completion-"));
  await Promise.all(Object.entries(scripts).map(([shell, text]) => writeFile(join(dir, shell), `${text}\n`)));
});
afterAll(() => rm(dir, { recursive: true }));

/** What is typed, its last word unfinished, and what completes it. */
const cases: [line: string, completions: string[]][] = [
  ["sallyport comp", ["completion"]],
  ["sallyport config ", ["init", "path", "schema", "show"]],
  ["sallyport config s", ["schema", "show"]],
  ["sallyport config show --or", ["--origin"]],
  ["sallyport completion ", ["bash", "fish", "zsh"]],
  ["sallyport up lab", ["lab-gateway"]],
  ["sallyport down --yes f", ["firewall-sync"]],
  ["sallyport --quiet config i", ["init"]],
  ["sallyport --config x.yaml config i", ["init"]],
  ["sallyport config show --deb", ["--debug"]],
  ["sallyport config init --vers", []],
];

const env = { PATH: process.env.PATH ?? "", TERM: "dumb" };

describe("bash", () => {
  const complete = async (line: string) => {
    const words = line.split(" ").map((word) => `'${word}'`);
    const script = `source "$1"; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await run("bash", ["--norc", "-c", script, "bash", join(dir, "bash")], { env });
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean).sort();
  };

  test("knows the function for the command", async () => {
    const { stdout } = await run("bash", [
      "--norc",
      "-c",
      'source "$1"; complete -p sallyport',
      "bash",
      join(dir, "bash"),
    ]);
    expect(stdout).toBe("complete -o bashdefault -o default -F _sallyport sallyport");
  });

  test.each(cases)("%j → %j", async (line, expected) => {
    expect(await complete(line)).toEqual(expected);
  });

  test("a host's place is filled with the names of deployed hosts", async () => {
    await writeFile(
      join(dir, "sallyport"),
      "#!/bin/sh\n[ $1 = __hosts ] && echo accelerator-1 && echo accelerator-2\n",
      {
        mode: 0o755,
      },
    );
    const script = `source "$1"; COMP_WORDS=("$2" ssh acc); COMP_CWORD=2; _sallyport; echo "\${COMPREPLY[@]}"
      COMP_WORDS=("$2" ssh accelerator-1 a); COMP_CWORD=3; _sallyport; echo "\${COMPREPLY[@]}"`;
    const args = ["--norc", "-c", script, "bash", join(dir, "bash"), join(dir, "sallyport")];
    expect((await run("bash", args, { env })).stdout).toBe("accelerator-1 accelerator-2\n");
  });

  test("after -- it keeps out of the way", async () => {
    expect(await complete("sallyport ssh host -- up")).toEqual([]);
  });
});

describe("fish", () => {
  test.for(cases)("%j → %j", async ([line, expected], ctx) => {
    if (findProgram("fish") === undefined) ctx.skip("fish is not installed");
    const { stdout } = await run(
      "fish",
      ["--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', join(dir, "fish"), line],
      {
        env: { ...env, HOME: dir },
      },
    );
    const found = stdout.split("\n").map((entry) => entry.split("\t")[0] ?? "");
    expect(found.filter(Boolean).sort()).toEqual(expected);
  });
});

test("fish fills a host's place with the names of deployed hosts", async (ctx) => {
  if (findProgram("fish") === undefined) ctx.skip("fish is not installed");
  await writeFile(join(dir, "sallyport"), "#!/bin/sh\n[ $1 = __hosts ] && echo accelerator-1 && echo accelerator-2\n", {
    mode: 0o755,
  });
  const script = 'source $argv[1]; complete -C "sallyport ssh acc"';
  const { stdout } = await run("fish", ["--no-config", "-c", script, join(dir, "fish")], {
    env: { ...env, HOME: dir, PATH: `${dir}:${env.PATH}` },
  });
  expect(stdout.split("\n").map((entry) => entry.split("\t")[0])).toEqual(
    expect.arrayContaining(["accelerator-1", "accelerator-2"]),
  );
});

describe("zsh", () => {
  test("takes the script, from the command and from $fpath, and completes with it", async (ctx) => {
    if (findProgram("zsh") === undefined) ctx.skip("zsh is not installed");
    // A terminal of zsh's own: what TAB makes of each line is printed by a widget.
    const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source '$1
zpty -w shell 'show() { print -r -- "<$BUFFER>"; BUFFER=; }; zle -N show; bindkey "^I" complete-word "^T" show; print REA""DY'
zpty -r shell out '*READY*'
for line in "\${@:2}"; do
  zpty -n -w shell "$line"$'\\t'$'\\x14'
  zpty -r shell out '*<sallyport*>*'
  print -r -- "\${\${out##*<}%%>*}"
done
zpty -d shell`;
    const lines = cases.filter(([, completions]) => completions.length === 1);
    const args = ["-f", "-c", script, "zsh", join(dir, "zsh"), ...lines.map(([line]) => line)];
    const { stdout } = await run("zsh", args, { env: { ...env, HOME: dir } });
    const expected = lines.map(([line, [word]]) => `${line.slice(0, line.lastIndexOf(" "))} ${word}`);
    expect(stdout.split("\n").map((line) => line.trim())).toEqual(expected);
  });
});

describe("the tree", () => {
  test("every command, option and choice is in every script", () => {
    for (const node of allNodes(tree)) {
      for (const script of Object.values(scripts)) {
        expect(script).toContain(node.name);
        for (const { names } of node.options) {
          for (const name of names) expect(script).toContain(name.replace(/^--?/, ""));
        }
      }
    }
  });

  test("every command has a description and examples in its help", () => {
    let help = "";
    const program = buildProgram(noAction, {
      writeOut: (text) => {
        help += text;
      },
    });
    const visit = (command: typeof program) => {
      help = "";
      command.outputHelp();
      if (command.commands.length === 0 || command === program) expect(help, command.name()).toMatch(/Examples?:\n/);
      expect(command.description(), command.name()).not.toBe("");
      for (const child of command.createHelp().visibleCommands(command)) {
        if (child.name() !== "help") visit(child as typeof program);
      }
    };
    visit(program);
  });
});

describe("sallyport __hosts", () => {
  const hosts = async (state: unknown) => {
    await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), JSON.stringify(state));
    return runInProcess(["__hosts"], { cwd: dir, env: { HOME: dir } });
  };
  const output = (names: string[]) => ({
    version: 4,
    outputs: { hosts: { value: Object.fromEntries(names.map((name) => [name, { name }])) } },
  });

  test("prints plain names only: a shell would run what else a state file may hold", async () => {
    const { code, stdout } = await hosts(output(["accelerator-1", "$(touch owned)", "a;b"]));
    expect([code, stdout]).toEqual([0, "accelerator-1\n"]);
  });

  test("prints nothing where nothing is deployed", async () => {
    expect(await hosts({})).toMatchObject({ code: 0, stdout: "" });
  });
});
