/** The package's exports as pages: TypeDoc reads the sources, and what it says twice is left out. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Application } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { packageRoot } from "../../../base/tools.js";

/** Name of the page, and of TypeDoc's own. */
const MODULES = { library: "index", "library-client": "client" } as const;
type Page = keyof typeof MODULES;

const HEADS: Readonly<Record<Page, string>> = {
  library: `# The library

What \`import … from "sallyport"\` gives, generated from the sources. [Constructs](constructs.md) explains how the parts work together.
`,
  "library-client": `# The client library

What \`import … from "sallyport/client"\` gives, generated from the sources. [Move files](../tasks/move-files.md) shows it at work.
`,
};

const FORMAT: Partial<PluginOptions> = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  hidePageTitle: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  propertyMembersFormat: "table",
  typeAliasPropertiesFormat: "table",
  tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
};

/** @param dir an empty directory for TypeDoc's own output */
export async function libraryPages(dir: string): Promise<Record<Page, string>> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: ["index.ts", "client/index.ts"].map((file) => join(packageRoot, file)),
    tsconfig: join(packageRoot, "tsconfig.json"),
    plugin: ["typedoc-plugin-markdown"],
    outputs: [{ name: "markdown", path: dir }],
    router: "module",
    readme: "none",
    logLevel: "Error",
    // `npm run check` has them.
    skipErrorChecking: true,
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    hideGenerator: true,
    ...FORMAT,
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc did not read the sources");
  await app.generateOutputs(project);
  const page = async (name: Page) =>
    `${HEADS[name]}\n${shorter(await readFile(join(dir, `${MODULES[name]}.md`), "utf8"))}`;
  return { library: await page("library"), "library-client": await page("library-client") };
}

function shorter(text: string): string {
  return (
    text
      .replaceAll(/<a id="[^"]*"><\/a> /g, "")
      // The signature above says it.
      .replaceAll(/^#{4,6} Returns\n\n[^\n]*\n(?:\n|(?= ).*\n|\\\}.*\n)*(?=#|\*\*\*|$)/gm, "")
      .replaceAll(/^#{4,6} (?:Overrides|Inherited from)\n\n[^\n]*\n\n/gm, "")
      .replaceAll(
        /\(\n((?: {3}\S.*\n)+)\)/g,
        (_, lines: string) =>
          `(${lines
            .trim()
            .split(/\s*\n\s*/)
            .join(" ")})`,
      )
      .replaceAll(/(?:\\_){2}namedParameters|__namedParameters/g, "options")
      .replaceAll(/\*\*Default\*\* `- ([^`]*)`/g, "Default: $1")
      .replaceAll("| - |", "|  |")
      .replaceAll("](index.md", "](library.md")
      .replaceAll("](client.md", "](library-client.md")
      .replaceAll(/^\*\*\*\n\n/gm, "")
      .replaceAll(/\n{3,}/g, "\n\n")
      .trimEnd()
      .concat("\n")
  );
}
