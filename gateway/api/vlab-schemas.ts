/** The input of vLab's routes, as they describe it: JSON Schema, draft 4. */
import { Ajv } from "ajv";
import { Problem } from "../../http/problem.js";

const draft4 = { $schema: "http://json-schema.org/draft-04/schema#" };
/** vLab's documentation sends ports as text. */
const port = (description: string) => ({ type: ["integer", "string"], pattern: "^[0-9]{1,5}$", description });
const text = (description: string) => ({ type: "string", description });

export const POST_PORTMAP = {
  ...draft4,
  type: "object",
  properties: {
    target_addr: text("The IP of the machine to forward to"),
    target_port: port("The port of the machine to forward to"),
    target_name: text("The name of the machine"),
    target_component: text("What kind of machine it is"),
  },
  required: ["target_addr", "target_port", "target_name", "target_component"],
} as const;

export const DELETE_PORTMAP = {
  ...draft4,
  type: "object",
  properties: { conn_port: port("The port of the gateway to close") },
  required: ["conn_port"],
} as const;

const GET_PORTMAP = {
  ...draft4,
  type: "object",
  properties: {
    name: text("The name of the machine"),
    target_addr: text("The IP of the machine"),
    component: text("What kind of machine it is"),
    conn_port: port("The port of the gateway"),
    target_port: port("The port of the machine"),
  },
} as const;

const GET_ADDR = {
  ...draft4,
  type: "object",
  properties: {
    name: text("The name of the machine"),
    addr: text("The IP of the machine"),
    component: text("What kind of machine it is"),
  },
} as const;

const PORTMAP_CONTENT = {
  ...draft4,
  type: "object",
  properties: {
    ports: { type: "object", description: "By port of the gateway" },
    gateway_ip: text("Where to connect"),
  },
} as const;

export const DESCRIPTIONS: Readonly<Record<string, unknown>> = {
  portmap: {
    POST: {
      body: POST_PORTMAP,
      response: { ...draft4, type: "object", properties: { conn_port: { type: "integer" } } },
    },
    GET: { args: GET_PORTMAP, response: PORTMAP_CONTENT },
    DELETE: { body: DELETE_PORTMAP },
  },
  addr: { GET: { args: GET_ADDR, response: { ...draft4, type: "object", description: "By name of the machine" } } },
  healthcheck: { GET: { response: { ...draft4, type: "object", properties: { version: text("Of the gateway") } } } },
};

const ajv = new Ajv({ allowUnionTypes: true });
const MAX_SHOWN = 2_000;

/** @returns a parser of bodies with vLab's two errors. */
export function bodyReader(schema: object): (body: string) => Readonly<Record<string, unknown>> {
  const { $schema: _draft, ...rest } = schema as { $schema?: string };
  const validate = ajv.compile<Record<string, unknown>>(rest);
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      throw refuse("No JSON content body sent in HTTP request");
    }
    if (validate(value)) return value;
    const shown = JSON.stringify(value).slice(0, MAX_SHOWN);
    throw refuse(`Input does not match schema.\nInput: ${shown}\nSchema: ${JSON.stringify(schema)}`);
  };
}

const refuse = (text: string) => new Problem(400, "bad-body", "Bad request", text);
