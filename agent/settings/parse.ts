/** From the text of agent.yaml to a checked configuration with every default filled in. Pure. */
import { Ajv, type ErrorObject } from "ajv";
import { LineCounter, parseDocument } from "yaml";
import { badValue, configMalformed, directoryTwice, missingKey, unknownKey } from "../errors.js";
import { type AgentConfig, AgentConfigSchema } from "./schema.js";
import { suggest } from "./suggest.js";

const validate = new Ajv({ useDefaults: true, verbose: true }).compile<AgentConfig>(AgentConfigSchema);

/** @param file only named in errors. */
export function parseConfig(source: string, file: string): AgentConfig {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) throw configMalformed(file, lines.linePos(broken.pos[0]).line, firstLine(broken.message));
  const value: unknown = document.toJS() ?? {};
  if (!validate(value)) throw toFault(file, validate.errors ?? []);
  const names = value.authorized_host_dirs.map((dir) => dir.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw directoryTwice(twice);
  return value;
}

function toFault(file: string, errors: readonly ErrorObject[]) {
  // A union reports each branch and then itself: a mistyped key in a branch says more than the union does.
  const error = errors.find((one) => one.keyword === "additionalProperties") ?? errors.at(-1);
  const path = (error?.instancePath ?? "").slice(1).replaceAll("/", ".");
  const under = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (error?.keyword === "additionalProperties") {
    const key = String(error.params.additionalProperty);
    const known = Object.keys(error.parentSchema?.properties ?? {});
    const near = suggest(key, known);
    return unknownKey(file, under(key), near === undefined ? undefined : under(near), known);
  }
  const missing = errors.find((one) => one.keyword === "required") ?? error;
  if (missing?.keyword === "required") {
    const parent = missing.instancePath.slice(1).replaceAll("/", ".");
    const key = String(missing.params.missingProperty);
    return missingKey(file, parent === "" ? key : `${parent}.${key}`);
  }
  const description: unknown = error?.parentSchema?.description;
  return badValue(
    file,
    path || "the document",
    error?.data,
    typeof description === "string" ? description : "a mapping",
  );
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}
