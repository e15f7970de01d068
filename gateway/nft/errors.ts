/** Faults of the programs that talk to the kernel. */
import { Fault } from "../../base/fault.js";

export const nftRefused = (what: string, output: string) =>
  new Fault("nft/refused", `nft refused ${what}: ${firstLine(output)}`);

export const nftUnreadable = (output: string) =>
  new Fault("nft/unreadable", `nft cannot list the table: ${firstLine(output)}`);

export const nftTimeout = (limitMs: number) => new Fault("nft/timeout", `nft did not answer within ${limitMs} ms`);

export const tableOutOfSync = () =>
  new Fault("nft/out-of-sync", "the kernel's table differs from the database; it is being restored");

export const conntrackFailed = (output: string) =>
  new Fault("nft/conntrack", `conntrack could not end connections: ${firstLine(output)}`);

/** Whether nft or conntrack was killed because it hung. It is then unknown what the kernel did. */
export const isTimeout = (error: unknown) =>
  error instanceof Fault && ["nft/timeout", "run/timeout", "session/timeout"].includes(error.code);

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
