/** Parses a daemon's YAML file into checked settings with all defaults filled in. Pure. */
import { Ajv, type ErrorObject } from "ajv";
import { LineCounter, parseDocument } from "yaml";
import { nearest } from "../../base/text/nearest.js";
import { badValue, malformed, missingKey, unknownKey } from "./settings-errors.js";

/** @param room prefix of the codes of faults. `schema` is a JSON Schema whose descriptions say what is expected. */
export function settingsParser<T>(room: string, schema: object): (source: string, file: string) => T {
  const validate = new Ajv({ useDefaults: true, verbose: true, allErrors: true }).compile<T>(schema);
  return (source, file) => {
    const lines = new LineCounter();
    const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
    const [broken] = document.errors;
    if (broken !== undefined) {
      throw malformed(room, file, lines.linePos(broken.pos[0]).line, broken.message.split("\n", 1)[0] ?? "");
    }
    const value: unknown = document.toJS() ?? {};
    if (!validate(value)) throw toFault(room, file, validate.errors ?? []);
    return value;
  };
}

function toFault(room: string, file: string, errors: readonly ErrorObject[]) {
  const of = (keyword: string) => errors.find((error) => error.keyword === keyword);
  const unknown = of("additionalProperties");
  if (unknown !== undefined) {
    const key = String(unknown.params.additionalProperty);
    const known = Object.keys(unknown.parentSchema?.properties ?? {});
    const near = nearest(key.toLowerCase(), known);
    return unknownKey(room, file, under(unknown, key), near === undefined ? undefined : under(unknown, near), known);
  }
  const missing = of("required");
  if (missing !== undefined) return missingKey(room, file, under(missing, String(missing.params.missingProperty)));
  // A union reports each of its branches and then itself, and only the union has the description.
  const error = of("anyOf") ?? errors[0];
  const description: unknown = error?.parentSchema?.description;
  const expected = typeof description === "string" ? description : "a mapping";
  return badValue(room, file, (error && under(error)) || "the document", error?.data, expected);
}

/** The place of an error in the reader's words: `listen.https_port`. */
function under(error: ErrorObject, key?: string): string {
  const path = error.instancePath.split("/").slice(1);
  return (key === undefined ? path : [...path, key]).join(".");
}
