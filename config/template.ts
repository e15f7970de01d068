import { stringify } from "yaml";
import { describeKeys } from "./describe.js";
import type { ConfigKey } from "./schema.js";

/** The keys that a new project decides about, in reading order. A value here takes the place of the default. */
const MATTERS: readonly (readonly [key: ConfigKey, value?: string])[] = [
  ["name"],
  ["region"],
  ["instance_type"],
  ["ami"],
  ["count"],
  ["caller"],
  ["authorized_host_dirs"],
  ["accelerators"],
  // A host that is forgotten costs money, and one that is stopped keeps its disk.
  ["autostop", "1h"],
  ["stop_mode", "stop"],
];

/** A short sallyport.yaml: the keys that matter, explained, and commented out but for those that end idle hosts. */
export function configTemplate(schemaPath: string): string {
  const described = new Map(describeKeys().map((each) => [each.key, each]));
  const keys = MATTERS.flatMap(([key, value]) => {
    const about = described.get(key);
    if (about === undefined) return [];
    const text = wrap(about.description, 98).map((line) => `# ${line}`);
    return [...text, value === undefined ? `#${key}: ${flow(about.fallback)}` : `${key}: ${value}`, ""];
  });
  return [
    `# yaml-language-server: $schema=${schemaPath}`,
    "# Configuration of Sallyport. A key keeps the value shown until its line is uncommented and changed.",
    "# All other keys: sallyport config schema. What holds, and where it came from: sallyport config show --origin",
    "",
    ...keys,
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
