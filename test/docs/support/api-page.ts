/** An OpenAPI document as a page: an overview, then each request with its parameters, its body and its answers. */
import type { TSchema } from "@sinclair/typebox";
import { typeInWords } from "../../../config/describe.js";
import { code, described, table } from "./markdown.js";
import { memberTable } from "./members.js";

type Content = Readonly<Record<string, { readonly schema?: TSchema }>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: TSchema;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly description?: string; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation & { readonly security?: unknown }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, TSchema>> };
}

export interface ApiPageOptions {
  readonly title: string;
  readonly intro: string;
  /** Who may send the request, in the words of the page. */
  access(method: string, path: string): string;
}

export function apiPage(document: ApiDocument, { title, intro, access }: ApiPageOptions): string {
  const requests = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      // HEAD is GET without a body; the introduction says so.
      .filter(([method]) => method !== "head")
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );
  const overview = table(
    ["request", "", "access"],
    requests.map(({ name, method, path, operation }) => [
      code(name),
      described(operation.summary ?? ""),
      access(method, path),
    ]),
  );
  const shapes = new Map<string, string>();
  const sections = requests.map(({ name, method, path, operation }) =>
    [
      `## ${code(name)}`,
      [operation.summary, operation.description]
        .map((text) => described(sentence(text)))
        .join(" ")
        .trim(),
      `Access: ${access(method, path)}.`,
      parameters(operation.parameters ?? []),
      ...requestBody(operation, name, shapes),
      table(
        ["status", "answer", "body"],
        Object.entries(operation.responses)
          .filter(([status]) => status !== "default")
          .map(([status, { description, content = {} }]) => [status, described(description), types(content)]),
      ),
      ...answers(operation, name, shapes),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  );
  const named = Object.entries(document.components.schemas).map(([name, schema]) =>
    `## ${name}\n\n${described(sentence(schema.description))}\n\n${memberTable(schema)}`.replaceAll(/\n{3,}/g, "\n\n"),
  );
  return `${[`# ${title}`, intro.trim(), overview, ...sections, ...named].join("\n\n")}\n`;
}

const sentence = (text = ""): string => (text === "" || /[.?!]$/.test(text) ? text : `${text}.`);

function parameters(all: readonly Parameter[]): string {
  if (all.length === 0) return "";
  return table(
    ["parameter", "in", "type", ""],
    all.map(({ name, in: place, required, description = "", schema }) => {
      const fallback = schema.default === undefined ? "" : ` Default: ${code(String(schema.default))}.`;
      const optional = required === true && schema.default === undefined ? "" : ", optional";
      return [code(name), place, `${typeInWords(schema)}${optional}`, `${described(description)}${fallback}`.trim()];
    }),
  );
}

function types(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(schema?.$ref ?? "") ?? [];
      return name === undefined ? code(type) : `${code(type)}: [${name}](#${name.toLowerCase()})`;
    })
    .join(", ");
}

/** Tables of members, and where each was shown first. */
type Shapes = Map<string, string>;

function requestBody({ requestBody: body }: Operation, name: string, shapes: Shapes): string[] {
  if (body === undefined) return [];
  const what = [described(sentence(body.description)), types(body.content)].filter((part) => part !== "").join(" ");
  const shown = Object.values(body.content).flatMap(({ schema }) => membersIn(schema));
  return [
    `Body: ${what}`,
    ...shown.map((members) => once(members, "Its members", `the body of ${code(name)}`, shapes)),
  ];
}

function answers({ responses }: Operation, name: string, shapes: Shapes): string[] {
  const statuses = new Map<string, string[]>();
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const shown = Object.values(content).flatMap(({ schema }) => membersIn(schema));
    for (const members of shown) statuses.set(members, [...(statuses.get(members) ?? []), status]);
  }
  return [...statuses].map(([members, all]) =>
    once(members, `Members of the answer ${all.join(", ")}`, `the answer to ${code(name)}`, shapes),
  );
}

function membersIn(schema: TSchema | undefined): string[] {
  const members = schema === undefined ? "" : memberTable(schema);
  return members === "" ? [] : [members];
}

function once(members: string, lead: string, where: string, shapes: Shapes): string {
  const before = shapes.get(members);
  shapes.set(members, before ?? where);
  return before === undefined ? `${lead}:\n\n${members}` : `${lead}: as in ${before}.`;
}
