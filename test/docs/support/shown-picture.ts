import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../base/tools.js";

/** The lines of the kept picture: pieces of text at the same height. */
export function shownIn(name: string): string[] {
  const svg = readFileSync(join(packageRoot, `docs/images/terminal/${name}-dark.svg`), "utf8");
  const lines = new Map<string, string[]>();
  for (const [, y = "", text = ""] of svg.matchAll(/<text x="[\d.]+" y="([\d.]+)"[^>]*>([^<]*)</g)) {
    lines.set(y, [
      ...(lines.get(y) ?? []),
      text.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&"),
    ]);
  }
  return [...lines.values()].map((pieces) => pieces.join(" "));
}

/** The steps of the demo that came out, in the lines that it prints. */
export const stepsIn = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^ok +[\d.]+ s +([^:]+):/.exec(line)?.[1] ?? []);
