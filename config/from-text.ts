/** Parses the text of a variable or flag into the value that a file would hold. The key's schema says how. */
import type { TSchema } from "@sinclair/typebox";
import { parse } from "yaml";

/**
 * Numbers, booleans, comma-separated lists, names with texts as `owner=me,team=fpga`, and YAML on one line, such as
 * `{ports: [100], cidr: 10.1.0.0/16}`. Text that does not fit stays text, so that the check of the layer can say what
 * was expected.
 */
export function fromText(schema: TSchema, text: string): unknown {
  const branches = branchesOf(schema);
  const branch = (type: string) => branches.find((each) => typeOf(each) === type);
  const list = branch("array");
  const mapping = branch("object");
  const written = text.trim();
  if ((list || mapping) && written.startsWith("[")) return flow(written);
  if (list && !mapping && written.startsWith("{")) return flow(`[${written}]`);
  if (mapping && written.startsWith("{")) return flow(written);
  if (branch("boolean") && /^(?:true|false)$/.test(written)) return written === "true";
  if ((branch("integer") || branch("number")) && /^[+-]?\d{1,15}$/.test(written)) return Number(written);
  if (list && (written.includes(",") || !branch("string")))
    return items(written).map((item) => fromText(list.items, item));
  if (mapping && !branch("string")) return pairs(mapping, written) ?? flow(written);
  return list ? written : text;
}

const items = (text: string) => text.split(",").map((item) => item.trim());

/** Mappings and lists of mappings are YAML on one line. JSON is a subset. */
function flow(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return text;
  }
}

function pairs(schema: TSchema, text: string): Record<string, string> | undefined {
  const [values] = Object.values<TSchema>(schema.patternProperties ?? {});
  if (values === undefined || typeOf(values) !== "string") return undefined;
  const found = items(text).map((item) => /^([^=]+)=(.*)$/.exec(item));
  return found.every((pair) => pair !== null)
    ? Object.fromEntries(found.map(([, name, value]) => [name, value]))
    : undefined;
}

const branchesOf = (schema: TSchema): TSchema[] =>
  Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(branchesOf) : [schema];
const typeOf = (schema: TSchema): unknown => schema.type ?? typeof schema.const;
