import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../../cli/program.js";
import { fileNotWritten } from "../../config/errors.js";
import { runInProcess } from "../support/run-cli.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-cli-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** main.test.ts covers the process around the command. */
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runInProcess(args, { cwd: dir, env: { HOME: dir, ...env } });

describe("what a user types wrongly gets one clear line, a hint, and status 2", () => {
  test.each([
    [["--jsn"], 'error: unknown option "--jsn"\n  did you mean --json?\n'],
    [["verfy"], 'error: unknown command "verfy"\n  did you mean verify?\n'],
    [["xyzzy"], 'error: unknown command "xyzzy"\n  "sallyport --help" lists the commands\n'],
    [["config", "shw"], 'error: unknown command "shw"\n  did you mean show?\n'],
    [["config", "show", "--orign"], 'error: unknown option "--orign"\n  did you mean --origin?\n'],
    [
      ["config", "path", "here"],
      'error: unexpected argument "here"\n  "sallyport config path --help" shows how to write it\n',
    ],
    [
      ["completion"],
      'error: missing required argument "shell"\n  "sallyport completion --help" shows how to write it\n',
    ],
    [["completion", "ksh"], 'error: <shell> is "ksh"\n  write bash, zsh or fish\n'],
    [["completion", "'\n"], `error: <shell> is "'\\n"\n  write bash, zsh or fish\n`],
    [
      ["mirror", "login", "--tool", "nmp"],
      'error: --tool is "nmp"\n  write pip, uv, poetry, twine, npm, pnpm or yarn\n',
    ],
    [["help", "verfy"], 'error: unknown command "verfy"\n  did you mean verify?\n'],
    [["xyzzy", "--help"], 'error: unknown command "xyzzy"\n  "sallyport --help" lists the commands\n'],
    [["help", "config", "shw"], 'error: unknown command "shw"\n  did you mean show?\n'],
    [["config", "help", "shw"], 'error: unknown command "shw"\n  did you mean show?\n'],
    [["--quiet", "config", "shw", "-h"], 'error: unknown command "shw"\n  did you mean show?\n'],
    [["--config"], 'error: option "--config <file>" argument missing\n  "sallyport --help" lists the commands\n'],
    [
      ["config", "show", "--config", "none.yaml"],
      'error: there is no configuration file "none.yaml"\n  write one with "sallyport config init"\n',
    ],
  ])("sallyport %j", async (args, stderr) => {
    expect(await run(args)).toEqual({ code: 2, stdout: "", stderr });
  });

  test("a configuration that cannot be written says what to do first", async () => {
    const { code, stderr } = await run(["config", "init", "--config", "none/sallyport.yaml"]);
    expect([code, stderr]).toEqual([
      1,
      `error: cannot write the configuration file "${join(dir, "none/sallyport.yaml")}": ENOENT\n  make its directory first\n`,
    ]);
    expect(fileNotWritten("/proc/x", "EROFS", undefined).hint).toBe("choose a directory that you may write to");
  });

  test.each([
    ["help", "config", "init"],
    ["config", "help", "init"],
    ["config", "init", "--help"],
    ["help", "--json", "config", "init"],
    ["config", "--help", "init"],
  ])("the help of a command of a group is its own: %s %s %s", async (...args) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout.split("\n")[0], stdout.split("Usage:").length, stderr]).toEqual([
      0,
      "Usage: sallyport config init [options]",
      2,
      "",
    ]);
  });

  test("with --json the error is one JSON document on stderr", async () => {
    const { code, stdout, stderr } = await run(["config", "shw", "--json"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "cli/unknown-command", message: 'unknown command "shw"', hint: "did you mean show?" },
    });
  });

  test("an escape sequence in an argument does not reach the terminal", async () => {
    const { stderr } = await run(["\u001b]0;owned\u0007"]);
    expect(stderr).toMatch(/^error: unknown command "\\u001b\]0;owned\\u0007"/);
  });

  test("a stack trace is shown with --debug and only then", async () => {
    expect((await run(["config", "show", "--config", "none.yaml"])).stderr).not.toMatch(/^\s+at /m);
    expect((await run(["config", "show", "--config", "none.yaml", "--debug"])).stderr).toMatch(/^\s+at .*config/m);
  });
});

describe("help and version", () => {
  test("--version prints the version of the package", async () => {
    const { version } = createRequire(import.meta.url)("../../package.json");
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("the help lists each command once, in its group, on one line of 80 columns", async () => {
    const { stdout } = await run(["--help"]);
    const [, list = ""] = stdout.split("display help for command\n");
    const lines = list.split("\nExamples:")[0]?.split("\n") ?? [];
    expect(lines.filter((line) => line.endsWith(":"))).toEqual(
      ["Hosts", "Data", "Access", "Lab", "Packages", "Setup"].map((group) => `${group}:`),
    );
    const commands = lines.filter((line) => line.startsWith("  "));
    expect(commands.filter((line) => !/^ {2}[a-z-]+ {2,}\S/.test(line))).toEqual([]);
    const program = buildProgram(() => async () => {});
    const names = program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name());
    expect(commands.map((line) => line.trim().split(" ")[0]).sort()).toEqual(names.sort());
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("without a command the help is shown, on stderr and with status 2", async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: sallyport [options] [command]");
  });

  test("colours appear where they are wanted, and nowhere else", async () => {
    const coloured = async (args: string[], env: Record<string, string>) =>
      (await run(args, env)).stdout.includes("\u001b[");
    expect(await coloured(["--help"], {})).toBe(false);
    expect(await coloured(["--help"], { CI: "1" })).toBe(false);
    expect(await coloured(["--help"], { FORCE_COLOR: "1" })).toBe(true);
    expect(await coloured(["--help"], { FORCE_COLOR: "0" })).toBe(false);
    expect(await coloured(["--help"], { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
    expect(await coloured(["--help", "--no-color"], { FORCE_COLOR: "1" })).toBe(false);
  });
});

describe("sallyport config", () => {
  test("show prints the values that hold, --origin where each one came from", async () => {
    await writeFile(join(dir, "a.yaml"), "# a comment\ncount: 2\n");
    const args = ["config", "show", "--config", "a.yaml"];
    const { code, stdout } = await run([...args, "--origin"], { SALLYPORT_REGION: "eu-west-1" });
    expect(code).toBe(0);
    const [name, region] = stdout.split("\n");
    expect([name, region]).toEqual([
      `${"name: sallyport".padEnd(48)}  # built in`,
      `${"region: eu-west-1".padEnd(48)}  # SALLYPORT_REGION`,
    ]);
    expect(stdout).toContain(`${"count: 2".padEnd(48)}  # a.yaml:2:1\n`);
    const json = JSON.parse((await run([...args, "--json", "--origin"])).stdout);
    expect(json.count).toEqual({ value: 2, layer: "project", where: "a.yaml:2:1" });
    expect(json.vpc_id).toEqual({ value: null, layer: "default", where: "built in" });
    expect(JSON.parse((await run([...args, "--json"])).stdout)).toMatchObject({ count: 2, allow_ports: [22, 80, 443] });
  });

  test("warnings go to stderr, as JSON with --json, and leave stdout to the data", async () => {
    const env = { SALLYPORT_AUTH: "none" };
    const text = "AUTH: auth is none: whoever reaches the hosts can use them without a token";
    const plain = await run(["config", "show", "--quiet"], env);
    expect(plain.stderr).toBe(`warning: SALLYPORT_${text}\n`);
    const json = await run(["config", "show", "--json"], env);
    expect(JSON.parse(json.stderr)).toEqual({ warning: `SALLYPORT_${text}` });
    expect(JSON.parse(json.stdout).auth).toBe("none");
  });

  test("S-21: init writes a file that ends idle hosts and changes nothing else, points editors to the schema, and is never overwritten", async () => {
    const made = await run(["config", "init"]);
    expect([made.code, made.stdout]).toEqual([0, `wrote ${join(dir, "sallyport.yaml")}\n`]);
    const text = await readFile(join(dir, "sallyport.yaml"), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\S+dist\/config\/sallyport\.schema\.json\n/);
    const shown = await run(["config", "show", "--origin", "--json"]);
    const changed = Object.entries<{ layer: string }>(JSON.parse(shown.stdout)).filter(
      ([, { layer }]) => layer !== "default",
    );
    expect(changed.map(([key]) => key)).toEqual(["stop_mode", "autostop"]);

    const again = await run(["config", "init"]);
    expect(again).toEqual({
      code: 5,
      stdout: "",
      stderr: `error: there is already a file "${join(dir, "sallyport.yaml")}"\n  edit that one, or move it away first\n`,
    });
    expect(await readFile(join(dir, "sallyport.yaml"), "utf8")).toBe(text);
  });

  test("every line of the written file is valid once uncommented", async () => {
    const text = await readFile(join(dir, "sallyport.yaml"), "utf8");
    const lines = text.split("\n").map((line) => (/^#[a-z_]+: (?!#)/.test(line) ? line.slice(1) : line));
    // Both files of the certificate are named here, so nothing of it is left to chance.
    await writeFile(join(dir, "all.yaml"), lines.join("\n"));
    const { code, stderr } = await run(["config", "show", "--config", "all.yaml"]);
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("path names both files and says which are there", async () => {
    const { stdout } = await run(["config", "path"]);
    expect(stdout).toBe(
      `user     ${join(dir, ".config/sallyport/config.yaml")}  (not there)\nproject  ${join(dir, "sallyport.yaml")}\n`,
    );
  });

  test("schema prints the schema that is published", async () => {
    const { schemaText } = await import("../../config/schema.js");
    expect((await run(["config", "schema"])).stdout).toBe(schemaText());
  });
});
