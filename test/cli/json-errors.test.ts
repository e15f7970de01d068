/** With --json, programs read both streams: stdout is one JSON document or nothing, and each line of stderr is one. */
import type { Command } from "commander";
import { expect } from "vitest";
import { buildProgram } from "../../cli/program.js";
import { leaves, pathOf } from "../docs/support/leaves.js";
import { test } from "../fixtures/temporary.js";
import { nodeCommand } from "../support/compiled.js";
import { run } from "../support/run.js";
import { runInProcess } from "../support/run-cli.js";

/** These end the process themselves: below, and in test/gateway/serve.system.test.ts. */
const DAEMONS = ["sallyport gateway serve", "sallyport gateway check"];
/** Their output is for a shell or an editor. */
const NOT_JSON = ["sallyport completion"];

const WORDS: Readonly<Record<string, string>> = { port: "22", from: "from", address: "203.0.113.7", shell: "bash" };
/** An argument that the demo refuses: it would deploy otherwise. */
const OPTIONAL: Readonly<Record<string, string>> = { scenario: "nothing" };

function argsOf(command: Command): string[] {
  const given = command.registeredArguments.flatMap((arg) =>
    arg.required ? (WORDS[arg.name()] ?? "nothing") : (OPTIONAL[arg.name()] ?? []),
  );
  return [...pathOf(command).split(" ").slice(1), "--json", "--config", "missing.yaml", ...given];
}

const commands = leaves(buildProgram(() => async () => {})).filter((command) => !DAEMONS.includes(pathOf(command)));

test.for(commands.map((command) => [pathOf(command), argsOf(command)] as const))(
  "%s fails in JSON without its project file, or does without it",
  async ([path, args], { dir }) => {
    const { code, stdout, stderr } = await runInProcess(args, { cwd: dir, env: { HOME: dir, PATH: "" } });
    const lines = stderr.split("\n").filter(Boolean);
    for (const line of lines)
      expect(Object.keys(JSON.parse(line)), line).toEqual([line.startsWith('{"w') ? "warning" : "error"]);
    if (stdout === "") {
      expect(code).toBeGreaterThan(0);
      expect(JSON.parse(lines.at(-1) ?? "")).toEqual({
        error: expect.objectContaining({
          code: expect.stringMatching(/^[a-z]+\/[a-z-]+$/),
          message: expect.any(String),
        }),
      });
    } else if (!NOT_JSON.includes(path)) JSON.parse(stdout);
  },
);

test.for(["agent", "gateway", "mirror"])(
  "the daemon of %s says in JSON that its settings are missing",
  async (room, { dir }) => {
    const [program = "", ...args] = nodeCommand(`${room}/main.ts`, ["check", "--json", "--config", "/nowhere.yaml"]);
    const { exitCode, stdout, stderr } = await run(program, args, { cwd: dir, env: { HOME: dir }, inheritEnv: false });
    expect([exitCode, stdout, JSON.parse(stderr)]).toEqual([
      2,
      "",
      {
        error: {
          code: `${room}/config-missing`,
          message: 'there is no configuration file "/nowhere.yaml"',
          hint: "name one with --config FILE",
        },
      },
    ]);
  },
);
