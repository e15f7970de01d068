/** Why a forward cannot be opened or closed. */
import { Problem } from "../../http/problem.js";
import type { PortRange } from "./forward.js";

export const badValue = (name: string, value: unknown, expected: string) =>
  new Problem(422, "bad-value", "Unprocessable content", `${name} is ${shown(value)}: it must be ${expected}`);

export const rangeFull = ({ min, max }: PortRange) =>
  new Problem(409, "range-full", "Conflict", `all ports from ${min} to ${max} are in use: remove a forward first`);

export const portTaken = (connPort: number) =>
  new Problem(409, "port-taken", "Conflict", `port ${connPort} is in use: choose another one, or none`);

export const noSuchForward = () => new Problem(404, "no-such-forward", "Not found", "No such port mapping record");

/** Clients could not be told where to connect. */
export const noGatewayAddress = () =>
  new Problem(
    503,
    "no-address",
    "Service unavailable",
    "the gateway has no address to connect to; nothing was changed",
    {
      headers: { "Retry-After": "5" },
    },
  );

/** Nothing is left of the forward: its row was removed again. */
export const kernelRefused = (cause: unknown) =>
  new Problem(503, "kernel-refused", "Service unavailable", "the kernel did not take the change; nothing was changed", {
    headers: { "Retry-After": "5" },
    cause,
  });

/** The forward is gone from the database; the next reconciliation removes it from the kernel. */
export const removedLate = (cause: unknown) =>
  new Problem(503, "kernel-late", "Service unavailable", "it is removed, but the kernel has not taken that yet", {
    headers: { "Retry-After": "5" },
    cause,
  });

/** At most 60 characters, so that a client cannot make an answer large. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
