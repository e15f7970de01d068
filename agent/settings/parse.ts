/** From the text of agent.yaml to a checked configuration with every default filled in. Pure. */
import { Ajv, type ErrorObject } from "ajv";
import { LineCounter, parseDocument } from "yaml";
import { nearest } from "../../base/nearest.js";
import {
  badValue,
  configMalformed,
  directoryTwice,
  missingKey,
  onePerAccelerator,
  relativeProgram,
  unknownKey,
} from "../errors.js";
import { type AcceleratorSettings, type AgentConfig, AgentConfigSchema } from "./schema.js";

const validate = new Ajv({ useDefaults: true, verbose: true, allErrors: true }).compile<AgentConfig>(AgentConfigSchema);

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
  for (const [name, settings] of Object.entries(value.accelerators)) checkProgram(name, settings);
  return value;
}

/** Whether the program is there is not asked here: it may come later, and until then its jobs fail. */
function checkProgram(name: string, { builtin, command, filter }: AcceleratorSettings): void {
  const given = [builtin, command, filter].filter((program) => program !== undefined);
  if (given.length !== 1) throw onePerAccelerator(name, given.length);
  const [program = ""] = command ?? filter ?? [];
  if (program.includes("/") && !program.startsWith("/")) throw relativeProgram(name, program);
}

function toFault(file: string, errors: readonly ErrorObject[]) {
  const of = (keyword: string) => errors.find((error) => error.keyword === keyword);
  const unknown = of("additionalProperties");
  if (unknown !== undefined) {
    const key = String(unknown.params.additionalProperty);
    const known = Object.keys(unknown.parentSchema?.properties ?? {});
    const near = nearest(key.toLowerCase(), known);
    return unknownKey(file, under(unknown, key), near === undefined ? undefined : under(unknown, near), known);
  }
  const missing = of("required");
  if (missing !== undefined) return missingKey(file, under(missing, String(missing.params.missingProperty)));
  // A union reports each of its branches and then itself, which is what has the description.
  const error = of("anyOf") ?? errors[0];
  const description: unknown = error?.parentSchema?.description;
  const expected = typeof description === "string" ? description : "a mapping";
  return badValue(file, (error && under(error)) || "the document", error?.data, expected);
}

/** `listen.https_port`: where an error is, as the reader would say it. */
function under(error: ErrorObject, key?: string): string {
  const path = error.instancePath.split("/").slice(1);
  return (key === undefined ? path : [...path, key]).join(".");
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}
