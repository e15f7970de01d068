/** Faults of what the mirror keeps on its disk. */
import { Fault, quote } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";

export const badRecord = (file: string, reason: string) =>
  new Fault("mirror/bad-record", `${quote(file)} is not a record of a package: ${reason}`, {
    hint: "move it away: its versions are lost, and those of an upstream come in again on request",
  });

export const brokenState = (file: string, line: number) =>
  new Fault("mirror/broken-state", `line ${line} of ${quote(file)} is not what was written`, {
    hint: "restore the file from a backup; nothing was changed",
  });

export const stateNotWritten = (file: string, cause: unknown) =>
  new Fault("mirror/state-not-written", `${quote(file)} cannot be written: ${errorText(cause)}`, { cause });
