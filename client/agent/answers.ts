/** The JSON that an agent answers with, checked before it is believed. */

import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { BodyTooLarge } from "../../http/client/errors.js";
import type { HttpResponse } from "../../http/client/http-client.js";
import { readBody } from "../../http/client/read-body.js";
import { notTheAgent } from "../errors.js";

const Directory = Type.Object({
  /** The first part of a remote path. */
  name: Type.String(),
  /** The directory's path on the host. */
  path: Type.String(),
  mode: Type.Union([Type.Literal("rw"), Type.Literal("ro")]),
});

const DirectoryEntry = Type.Object({
  name: Type.String(),
  type: Type.Union([Type.Literal("file"), Type.Literal("directory")]),
  size: Type.Number(),
  /** RFC 3339. */
  modified: Type.String(),
});

export const Health = Type.Object({ status: Type.String() });
export const Directories = Type.Object({ directories: Type.Array(Directory) });
export const Listing = Type.Object({
  path: Type.String(),
  entries: Type.Array(DirectoryEntry),
  /** Links, devices and names that no request can ask for. Agents before 0.1.0 do not count them. */
  not_shown: Type.Optional(Type.Number()),
});
export const HostInfo = Type.Object({
  name: Type.String(),
  version: Type.String(),
  /** OpenSSH public key lines: the only host keys an SSH client should accept. */
  ssh_host_keys: Type.Array(Type.String()),
  directories: Type.Array(Directory),
});

export const IdleInfo = Type.Object({
  /** Time without a running job, a transfer or a login. */
  idle_seconds: Type.Number(),
  since: Type.String(),
  /** `logins` is null if the host cannot tell; it then counts as busy. */
  busy: Type.Object({
    jobs: Type.Number(),
    transfers: Type.Number(),
    logins: Type.Union([Type.Number(), Type.Null()]),
  }),
  autostop: Type.Optional(
    Type.Object({
      idle_seconds: Type.Number(),
      action: Type.Union([Type.Literal("stop"), Type.Literal("terminate")]),
      stops_in_seconds: Type.Number(),
      ending: Type.Boolean(),
      /** Why the last attempt failed. */
      error: Type.Optional(Type.String()),
    }),
  ),
});

export type Directory = Static<typeof Directory>;
export type DirectoryEntry = Static<typeof DirectoryEntry>;
export type Listing = Static<typeof Listing>;
export type HostInfo = Static<typeof HostInfo>;
export type IdleInfo = Static<typeof IdleInfo>;

// A directory of 100 000 files lists in about 10 MB. A larger body is not a listing but an attack.
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a whole JSON body and checks its shape. */
export async function readJson<S extends TSchema>(response: HttpResponse, schema: S, at: string): Promise<Static<S>> {
  const bytes = await readBody(response.body, MAX_BYTES).catch((error: unknown) => {
    throw error instanceof BodyTooLarge ? notTheAgent(at, `its answer is longer than ${MAX_BYTES} bytes`) : error;
  });
  const value = parse(bytes.toString("utf8"), at);
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw notTheAgent(at, `${first?.path ?? ""} in its answer: ${first?.message ?? "not as expected"}`);
}

function parse(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notTheAgent(at, "its answer is not JSON");
  }
}
