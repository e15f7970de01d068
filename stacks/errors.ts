import { EXIT, errno, Fault, quote } from "../base/fault.js";
import { STACK_NAME, type StackName } from "./names.js";

export const unknownStack = (name: string, suggestion: string | undefined, all: readonly string[]): Fault =>
  new Fault("stacks/unknown-stack", `there is no stack ${quote(name)}`, {
    hint: suggestion === undefined ? `write one of: ${all.join(", ")}` : `did you mean "${suggestion}"?`,
    exit: EXIT.usage,
  });

export const notDeployed = (dir: string, stack: StackName = STACK_NAME): Fault =>
  new Fault(
    "stacks/not-deployed",
    `no ${stack === STACK_NAME ? "hosts are" : `${stack} is`} deployed from ${quote(dir)}`,
    {
      hint: `run "sallyport up${stack === STACK_NAME ? "" : ` ${stack}`}" there first`,
      exit: EXIT.notFound,
    },
  );

export const noCache = (dir: string, cause: unknown): Fault =>
  new Fault("stacks/no-cache", `the cache directory ${quote(dir)} cannot be used (${errno(cause) ?? String(cause)})`, {
    hint: "set XDG_CACHE_HOME to a directory that can be written, such as /tmp/cache",
    cause,
  });
