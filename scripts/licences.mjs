// The licences of the packages inside bundles: they ask to be copied along with the code.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @param metafiles of esbuild. @returns the directories of all packages that are inside, as esbuild names them. */
export function bundledDirectories(metafiles) {
  const directories = metafiles
    .flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))
    .flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(directories)];
}

/** @param metafiles of esbuild, with paths from `root`. @returns the text of `dist/licences.txt`. */
export function licencesOf(metafiles, root) {
  const titles = new Map();
  for (const { title, text } of bundledDirectories(metafiles).map((directory) => describe(join(root, directory)))) {
    titles.set(text, (titles.get(text) ?? new Set()).add(title));
  }
  const line = "=".repeat(80);
  return [...titles]
    .map(([text, of]) => `${line}\n${[...of].sort().join("\n")}\n${line}\n\n${text}\n`)
    .sort()
    .join("\n");
}

function describe(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file));
  const text = files.map((file) => readFileSync(join(directory, file), "utf8")).join("\n");
  // Some packages name a licence and have no file of it.
  return { title: `${name} ${version}, ${license}`, text: text.trim() || `Licence: ${license}` };
}
