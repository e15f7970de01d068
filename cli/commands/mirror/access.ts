/** Flags of the commands that need a token for themselves and write it to no file. */
import type { OpenedAccess } from "../../../mirror/login/open-access.js";
import type { RepositoryFlags } from "../../../mirror/login/repository-ref.js";
import type { PackageFormat } from "../../../mirror/package-format.js";
import type { Context } from "../../context.js";
import { readRepository } from "./repository.js";

export interface AccessFlags extends RepositoryFlags {
  readonly duration?: string;
}

/** The caller closes `api`. */
export async function openMirror(
  context: Context,
  flags: AccessFlags,
  formats: readonly PackageFormat[],
): Promise<OpenedAccess> {
  const { openAccess } = await import("../../../mirror/login/open-access.js");
  const { parseLifetime } = await import("../../../mirror/login/repository-ref.js");
  const lifetimeSeconds = flags.duration === undefined ? undefined : parseLifetime(flags.duration);
  const repository = await readRepository(context, flags);
  return await openAccess(repository, { formats, lifetimeSeconds, signal: context.signal });
}
