/** The shape of agent.yaml. Descriptions say what is expected: they are the second line of an error. */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ minLength: 1, description });
const port = (fallback: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: fallback, description: "a port, 1 to 65535" });

export const HostDirSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
      description: "up to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit",
    }),
    path: text('an absolute path, or one that begins with "~/"'),
    mode: Type.Union([Type.Literal("rw"), Type.Literal("ro")], { default: "rw", description: '"rw" or "ro"' }),
  },
  closed,
);

export const AgentConfigSchema = Type.Object(
  {
    name: text("the name of this host"),
    listen: Type.Object(
      {
        address: Type.String({ minLength: 1, default: "::", description: 'an address of this machine, or "::"' }),
        https_port: port(443),
        http_port: Type.Union([port(80), Type.Literal(false)], {
          default: 80,
          description: "a port, 1 to 65535, or false for none",
        }),
      },
      { ...closed, default: {} },
    ),
    tls: Type.Union(
      [
        Type.Literal(false),
        Type.Object({ cert: text("a path or credential:NAME"), key: text("a path or credential:NAME") }, closed),
      ],
      { description: "{ cert: PATH, key: PATH }, or false for plain HTTP" },
    ),
    auth: Type.Union([Type.Literal("token"), Type.Literal("none")], {
      default: "token",
      description: '"token" or "none"',
    }),
    token: Type.String({ minLength: 1, default: "credential:token", description: "a path or credential:NAME" }),
    authorized_host_dirs: Type.Array(HostDirSchema, {
      default: [{ name: "shared", path: "~/shared", mode: "rw" }],
      description: "a list of { name, path, mode }",
    }),
    max_upload_bytes: Type.Integer({
      minimum: 1,
      default: 100 * 1024 ** 3,
      description: "the largest file that may be uploaded, in bytes",
    }),
    serve_addresses: Type.Boolean({ default: false, description: "true or false" }),
    secrets: Type.Optional(
      Type.Object(
        {
          region: text("an AWS region"),
          endpoint_url: Type.Optional(text("the URL of the SSM endpoint")),
          tls_key_parameter: Type.Optional(text("the name of an SSM parameter")),
          token_parameter: Type.Optional(text("the name of an SSM parameter")),
        },
        closed,
      ),
    ),
  },
  closed,
);

export type HostDir = Static<typeof HostDirSchema>;
export type AgentConfig = Static<typeof AgentConfigSchema>;
