/** A gateway's responses: vLab's envelope or plain JSON, read completely and validated before use. */

import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { BodyTooLarge } from "../../http/client/errors.js";
import type { HttpResponse } from "../../http/client/http-client.js";
import { readBody } from "../../http/client/read-body.js";
import { notAGateway } from "./errors.js";

/** What restricts a forward, as gateways of this kit say. */
const restrictions = {
  /** Absent for every client. */
  sources: Type.Optional(Type.Array(Type.String())),
  /** Absent without an end. */
  expires_at: Type.Optional(Type.String()),
  /** False if the sources lack the address of the request. */
  admits_you: Type.Optional(Type.Boolean()),
};

/** The forwards. Gateways of this kit add members that vLab does not have. */
export const Ports = Type.Object({
  ports: Type.Record(
    Type.String({ pattern: "^[0-9]{1,5}$" }),
    Type.Object({
      name: Type.String(),
      target_addr: Type.String(),
      target_port: Type.Integer(),
      component: Type.String(),
      /** The forward's address, if it is not the gateway's own. */
      gateway_ip: Type.Optional(Type.String()),
      protocol: Type.Optional(Type.Union([Type.Literal("tcp"), Type.Literal("udp")])),
      ...restrictions,
    }),
  ),
  gateway_ip: Type.String(),
});

/** A forward that was created. */
export const Made = Type.Object({ conn_port: Type.Integer({ minimum: 1, maximum: 65_535 }), ...restrictions });

/** A one-time code for the page. */
export const SignInCode = Type.Object({
  code: Type.String({ pattern: "^[A-Za-z0-9_-]+$" }),
  expires_in: Type.Integer(),
});

/** Machines by name. */
export const Machines = Type.Record(
  Type.String(),
  Type.Object({
    component: Type.String(),
    routable: Type.Union([Type.Boolean(), Type.Null()]),
    addr: Type.Array(Type.String()),
  }),
);
export type Machines = Static<typeof Machines>;

export interface Body {
  readonly status: number;
  readonly value: unknown;
  /** The reason for a failure. */
  readonly said: string;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a response to its end, whatever its status is. */
export async function readAnswer(response: HttpResponse, at: string): Promise<Body> {
  const bytes = await readBody(response.body, MAX_BYTES).catch((error: unknown) => {
    throw error instanceof BodyTooLarge ? notAGateway(at, `its answer is longer than ${MAX_BYTES} bytes`) : error;
  });
  const status = response.status;
  const value = parse(bytes.toString("utf8"));
  return { status, value, said: reasonIn(value) ?? response.statusText };
}

/** The `content` of an envelope. */
export function contentOf<S extends TSchema>({ value }: Body, schema: S, at: string): Static<S> {
  if (!isObject(value) || !("content" in value)) throw notAGateway(at, "its answer has no content");
  return checked(value.content, schema, at);
}

export function checked<S extends TSchema>(value: unknown, schema: S, at: string): Static<S> {
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw notAGateway(at, `${first?.path ?? ""} in its answer: ${first?.message ?? "not as expected"}`);
}

/** An envelope's `error`, or a problem's `detail` or `title` (RFC 9457). */
function reasonIn(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  return [value.error, value.detail, value.title].find((text) => typeof text === "string" && text !== "") as
    | string
    | undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
