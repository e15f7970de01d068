/** A JSON Schema as rows of a table: one for each member, however deep. */
import type { TSchema } from "@sinclair/typebox";
import { typeInWords } from "../../../config/describe.js";
import { flow } from "../../../config/template.js";
import { code, described, table } from "./markdown.js";

interface Member {
  readonly name: string;
  readonly schema: TSchema;
  readonly required: boolean;
}

/** Members of an object, of the objects in a list, and of the alternatives that are objects. */
function membersOf(schema: TSchema, prefix = ""): Member[] {
  if (Array.isArray(schema.anyOf)) return schema.anyOf.flatMap((each: TSchema) => membersOf(each, prefix));
  if (schema.type === "array") return membersOf(schema.items, prefix === "" ? "[]." : prefix.replace(/\.$/, "[]."));
  if (schema.patternProperties !== undefined && schema.properties === undefined) {
    const [value] = Object.values<TSchema>(schema.patternProperties);
    return value === undefined ? [] : membersOf(value, `${prefix}NAME.`);
  }
  return Object.entries<TSchema>(schema.properties ?? {}).flatMap(([name, each]) => [
    { name: `${prefix}${name}`, schema: each, required: (schema.required ?? []).includes(name) },
    ...membersOf(each, `${prefix}${name}.`),
  ]);
}

/** @returns "" for a schema without members. */
export function memberTable(schema: TSchema): string {
  const rows = membersOf(schema).map(({ name, schema: each, required }) => [
    code(name),
    `${typeInWords(each)}${required ? "" : ", optional"}`,
    [described(each.description ?? expected(each)), fallbackOf(each)].join(" ").trim(),
  ]);
  return rows.length === 0 ? "" : table(["member", "type", ""], rows);
}

const fallbackOf = ({ default: value }: TSchema): string =>
  value === undefined ? "" : `Default: ${code(flow(value))}.`;

/** What editors and commands say of a value that does not fit, as what fits. */
function expected({ errorMessage, items }: TSchema): string {
  const text = typeof errorMessage === "string" ? errorMessage : (items?.errorMessage ?? "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/^Must be /, "").replace(/^Must /, "");
}
