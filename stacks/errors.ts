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

export const onlyIpv6 = (place: string, callers: readonly string[]): Fault =>
  new Fault(
    "stacks/only-ipv6",
    `${place}: only ${callers.join(", ")} may come in, and machines are met at IPv4 addresses`,
    {
      hint: "name an IPv4 address as well, for example caller: [203.0.113.7]; a network without IPv4 reaches none of them",
      exit: EXIT.usage,
    },
  );
