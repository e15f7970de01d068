/** Faults that keep the agent from starting. */

import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import { BEARER_TOKEN_RULE } from "../base/text/bearer-token.js";

const usage = (code: string, message: string, hint?: string) =>
  new Fault(`agent/${code}`, message, defined({ exit: EXIT.usage, hint }));

export const badToken = (path: string) =>
  usage("bad-token", `token: ${quote(path)} does not hold a token`, `write ${BEARER_TOKEN_RULE}`);

export const directoryMissing = (path: string) =>
  usage("directory-missing", `authorized directory ${quote(path)} does not exist`, "make it, or remove the entry");

export const directoryUnusable = (path: string, need: "read" | "written") =>
  usage(
    "directory-unusable",
    `authorized directory ${quote(path)} cannot be ${need} by this user`,
    need === "written" ? 'give the user write permission, or set "mode: ro"' : "give the user permission to read it",
  );

export const notDirectory = (path: string) =>
  usage("not-a-directory", `authorized directory ${quote(path)} is not a directory`);

export const rootDirectory = () =>
  usage("root-directory", 'authorized directory "/" would authorize the whole machine', "name a directory below it");

export const directoryTwice = (name: string) =>
  usage("directory-twice", `two authorized directories are named ${quote(name)}`, 'give one another "name"');

export const onePerAccelerator = (name: string, given: number) =>
  usage(
    "one-per-accelerator",
    `accelerators.${name} has ${given === 0 ? "none" : given} of "builtin", "command" and "filter"`,
    "give it exactly one of them",
  );

export const relativeProgram = (name: string, program: string) =>
  usage(
    "relative-program",
    `accelerators.${name} runs ${quote(program)}, which is a relative path`,
    'write a path from "/", or the name of a program in PATH',
  );

export const directoriesOverlap = (inner: string, outer: string) =>
  usage(
    "directories-overlap",
    `authorized directory ${quote(inner)} is "ro", but lies in ${quote(outer)}, which is "rw"`,
    "set both to the same mode, or move one",
  );

export const noProc = () =>
  new Fault("agent/no-proc", "/proc/self/fd is not there, and directories are guarded through it", {
    hint: "run the agent on Linux, with /proc mounted",
  });

export const noSecretsSection = (file: string) =>
  usage("no-secrets", `${quote(file)} has no "secrets" section`, 'add "secrets:" with the names of the parameters');

export const secretsOutOfReach = (name: string, seconds: number, cause: unknown) =>
  new Fault(
    "agent/secrets-out-of-reach",
    `parameter ${quote(name)} could not be read within ${seconds} s: ${cause instanceof Error ? cause.message : String(cause)}`,
    { hint: "the instance role must allow ssm:GetParameter on it, and the host must reach the SSM endpoint", cause },
  );
