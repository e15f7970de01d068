/** Locates this room's helper programs, both from source and compiled. */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

export function entryPoint(name: string): string[] {
  const compiled = !import.meta.url.endsWith(".ts");
  const file = fileURLToPath(new URL(`./${name}${compiled ? ".js" : ".ts"}`, import.meta.url));
  if (compiled) return [process.execPath, file];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return [process.execPath, "--import", tsx, file];
}
