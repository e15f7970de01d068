import { stringify } from "yaml";
import { describeKeys } from "./describe.js";

/** A sallyport.yaml with every key explained and commented out, so that it changes nothing yet. */
export function configTemplate(schemaPath: string): string {
  const keys = describeKeys().map(({ key, description, fallback, type }) => {
    const about = wrap(description, 98).map((line) => `# ${line}`);
    const value = fallback === undefined ? `# (${type})` : flow(fallback);
    return [...about, `#${key}: ${value}`].join("\n");
  });
  return [
    `# yaml-language-server: $schema=${schemaPath}`,
    "# Configuration of Sallyport. Every key keeps the value shown until its line is uncommented and changed.",
    "# What holds, and where it came from: sallyport config show --origin",
    "",
    keys.join("\n\n"),
    "",
  ].join("\n");
}

/** A value in YAML's flow style, on one line. */
export function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1] ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
