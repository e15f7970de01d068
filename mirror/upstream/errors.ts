/** Faults of the packages: of their settings, and of what an upstream did. */
import { Fault, quote } from "../../base/fault.js";

/** An upstream that cannot be used; its message is one clause that names it. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";

  /** @param down whether nothing else will come from it either, for now. */
  constructor(
    message: string,
    readonly down: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const badConnection = (name: string, place: string) =>
  new Fault("mirror/bad-connection", `connection ${quote(name)} leads to ${quote(place)}`, {
    hint: "write the https:// URL of an index, or the absolute path of a directory of packages",
  });

export const directoryMissing = (name: string, place: string) =>
  new Fault("mirror/directory-missing", `connection ${quote(name)}: there is no directory ${quote(place)}`);

export const badRecord = (file: string, reason: string) =>
  new Fault("mirror/bad-record", `${quote(file)} is not a record of a package: ${reason}`, {
    hint: "move it away: what it says is lost, and comes again from the upstream where there is one",
  });
