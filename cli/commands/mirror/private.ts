/** `sallyport mirror private`: reserves names. */
import { type Command, Option } from "commander";
import type { RepositoryFlags } from "../../../mirror/login/repository-ref.js";
import type { PackageFormat } from "../../../mirror/package-format.js";
import type { Context, Wrap } from "../../context.js";
import { readRepository, withRepositoryFlags } from "./repository.js";

export function registerPrivate(mirror: Command, wrap: Wrap): void {
  withRepositoryFlags(
    mirror.command("private").description("reserve names: allow publishing them here, never taking them from upstream"),
  )
    .argument("<name...>", "packages, which need not exist yet")
    .addOption(new Option("--format <format>", "format of the packages").choices(["pypi", "npm"]).makeOptionMandatory())
    .option("--undo", "allow versions from upstream again")
    .addHelpText(
      "after",
      `
Sets the package's origin controls to publish ALLOW, upstream BLOCK. Versions from outside that are
already in the repository stay, and are still served.

Examples:
  $ sallyport mirror private acme-tools acme-core --format pypi
  $ sallyport mirror private @acme/ui --format npm`,
    )
    .action(wrap<[string[], PrivateFlags]>(makePrivate));
}

interface PrivateFlags extends RepositoryFlags {
  readonly format: PackageFormat;
  readonly undo?: boolean;
}

async function makePrivate(context: Context, names: string[], { format, undo, ...flags }: PrivateFlags): Promise<void> {
  const { CodeArtifact } = await import("../../../mirror/login/codeartifact.js");
  const { nameOf, packageId } = await import("../../../mirror/login/check/names.js");
  // All names before the first call: of a list with a mistake nothing is set.
  const ids = names.map((name) => packageId(format, name));
  const target = await readRepository(context, flags);
  const api = new CodeArtifact(target, { signal: context.signal });
  try {
    const restrictions = { publish: "ALLOW", upstream: undo ? "ALLOW" : "BLOCK" } as const;
    for (const id of ids) await api.setControls(id, restrictions);
    const kept = undo
      ? []
      : (
          await Promise.all(
            ids.map(async (id) => ((await api.versions(id)).some(({ external }) => external) ? [nameOf(id)] : [])),
          )
        ).flat();
    for (const name of kept)
      context.warn(`${name} has versions from outside in ${target.repository}, which stay until they are deleted`);
    context.print({ format, names: ids.map(nameOf), ...restrictions }, () =>
      ids.map((id) => `${nameOf(id)}: publish ${restrictions.publish}, upstream ${restrictions.upstream}`).join("\n"),
    );
  } finally {
    api.close();
  }
}
