/** A token and the endpoints for one command, written to no file. */
import type { CodeArtifact, Grant, PackageFormat } from "../../mirror/login/codeartifact.js";
import type { EnvironmentAccess } from "../../mirror/login/environment.js";
import type { TargetFlags } from "../../mirror/login/target.js";
import type { Context } from "../context.js";
import { readTarget } from "./target.js";

export interface OpenFlags extends TargetFlags {
  readonly duration?: string;
}

export interface Opened {
  readonly api: CodeArtifact;
  readonly grant: Grant;
  readonly access: EnvironmentAccess;
}

/** The caller closes `api`. */
export async function openMirror(
  context: Context,
  flags: OpenFlags,
  formats: readonly PackageFormat[],
): Promise<Opened> {
  const { CodeArtifact } = await import("../../mirror/login/codeartifact.js");
  const { parseLifetime } = await import("../../mirror/login/target.js");
  const seconds = flags.duration === undefined ? undefined : parseLifetime(flags.duration);
  const target = await readTarget(context, flags);
  const api = new CodeArtifact(target, { signal: context.signal });
  try {
    const [grant, ...urls] = await Promise.all([
      api.authorize(seconds),
      ...formats.map(async (format) => [format, await api.endpoint(format)] as const),
    ]);
    const name = target.repository.replaceAll(".", "-");
    return { api, grant, access: { token: grant.token, name, endpoints: Object.fromEntries(urls) } };
  } catch (error) {
    api.close();
    throw error;
  }
}
