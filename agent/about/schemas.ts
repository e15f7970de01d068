/** The documents about the host, in the words of the wire. */
import { Type } from "@sinclair/typebox";

const Directory = Type.Object({
  name: Type.String(),
  path: Type.String(),
  mode: Type.Union([Type.Literal("rw"), Type.Literal("ro")]),
});

export const HealthSchema = Type.Object({ status: Type.Literal("ok") });
export const StatusSchema = Type.Object({ status: Type.String() });
export const VersionSchema = Type.Object({ name: Type.String(), version: Type.String(), node: Type.String() });
export const AddressesSchema = Type.Object({ ipAddresses: Type.Array(Type.String()) });
export const DirectoriesSchema = Type.Object({ directories: Type.Array(Directory) });
export const HostSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  ssh_host_keys: Type.Array(Type.String()),
  directories: Type.Array(Directory),
});
export const IdleTimeSchema = Type.Object({
  idle_seconds: Type.Integer(),
  since: Type.String({ description: "RFC 3339; by the wall clock, so it moves when that is set." }),
  busy: Type.Object({
    jobs: Type.Integer(),
    transfers: Type.Integer(),
    logins: Type.Union([Type.Integer(), Type.Null()], { description: "null: unknown, which counts as busy." }),
  }),
  autostop: Type.Optional(
    Type.Object({
      idle_seconds: Type.Integer(),
      action: Type.Union([Type.Literal("stop"), Type.Literal("terminate")]),
      stops_in_seconds: Type.Integer(),
      ending: Type.Boolean(),
      error: Type.Optional(Type.String({ description: "Why the last attempt to end this host failed." })),
    }),
  ),
});
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    instance: Type.String({ description: "The request, by its id in the log." }),
  },
  { description: "RFC 9457." },
);
