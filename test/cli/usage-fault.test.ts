import type { Command } from "commander";
import { expect, test } from "vitest";
import { Fault } from "../../base/fault.js";
import { buildProgram } from "../../cli/program.js";
import { SYNONYMS } from "../../cli/usage-fault.js";

/** The hint that a user reads. */
async function hintOf(line: string): Promise<string | undefined> {
  const program = buildProgram(() => async () => {});
  const error = await program.parseAsync(line.split(" "), { from: "user" }).catch((error: unknown) => error);
  if (error instanceof Fault && error.exit === 2) return error.hint;
  throw new Error(`no usage fault: ${line}`);
}

test.each([
  ["cp a H:b", 'write "sallyport put" or "sallyport get"'],
  ["scp a H:b", 'write "sallyport put" or "sallyport get"'],
  ["deploy", 'write "sallyport up"'],
  ["create", 'write "sallyport up"'],
  ["destroy", 'write "sallyport down"'],
  ["init", 'write "sallyport config init"'],
  ["portmap delete", 'write "sallyport portmap rm"'],
  // Near to "up", "down", "stop", "rm" and "--yes", which a slip must not lead to.
  ["uup", '"sallyport --help" lists the commands'],
  ["dwon", '"sallyport --help" lists the commands'],
  ["stp", '"sallyport --help" lists the commands'],
  ["portmap rn", '"sallyport portmap --help" lists the commands'],
  ["down --yse", '"sallyport down --help" shows how to write it'],
  ["firewall snc", '"sallyport firewall --help" lists the commands'],
  ["portmap ad", '"sallyport portmap --help" lists the commands'],
  ["portmap imprt", '"sallyport portmap --help" lists the commands'],
  ["gateway srve", '"sallyport gateway --help" lists the commands'],
  ["down --orphan", '"sallyport down --help" shows how to write it'],
  ["firewall sync --source a --group b --confirm-lockot", '"sallyport firewall sync --help" shows how to write it'],
  ["firewall sync --source a --group b --max-shrnk 9", '"sallyport firewall sync --help" shows how to write it'],
  ["jobs H --cancl ID", '"sallyport jobs --help" shows how to write it'],
  ["certs create --renw", '"sallyport certs create --help" shows how to write it'],
  ["certs install FILE --replce", '"sallyport certs install --help" shows how to write it'],
  ["connect M --crate", '"sallyport connect --help" shows how to write it'],
  ["ls H --no-tsl", '"sallyport ls --help" shows how to write it'],
  // Harmless ones are guessed.
  ["verfy H", "did you mean verify?"],
  ["config shw", "did you mean show?"],
  ["hosts --jsn", "did you mean --json?"],
  // The help is that of the command itself.
  ["get", '"sallyport get --help" shows how to write it'],
  ["ssh", '"sallyport ssh --help" shows how to write it'],
  ["portmap add --xyzzy", '"sallyport portmap add --help" shows how to write it'],
  ["constructor", '"sallyport --help" lists the commands'],
])("T-11: the hint for %j is %j", async (line, hint) => {
  expect(await hintOf(line)).toBe(hint);
});

test("T-11: every synonym leads to a command, and is none itself", () => {
  const program = buildProgram(() => async () => {});
  const find = (path: string): Command | undefined => {
    const step = (at: Command | undefined, name: string) => at?.commands.find((child) => child.name() === name);
    return path.split(" ").reduce(step, program as Command | undefined);
  };
  for (const [place, words] of Object.entries(SYNONYMS)) {
    const group = place.split(" ").slice(1);
    for (const [word, commands] of Object.entries(words)) {
      expect([word, find([...group, word].join(" "))?.name()]).toEqual([word, undefined]);
      for (const path of commands)
        expect([path, path === "--version" || find(path) !== undefined]).toEqual([path, true]);
    }
  }
});
