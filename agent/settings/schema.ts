/** The schema of agent.yaml. Descriptions state the expected value: they become the second line of an error. */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ minLength: 1, description });
const port = (fallback: number) =>
  Type.Integer({ minimum: 0, maximum: 65535, default: fallback, description: "a port, 1 to 65535" });

const HostDirSchema = Type.Object(
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

const positive = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: fallback, description });
const words = Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: "a list of words" });

/** Exactly one of builtin, command and filter; parse.ts checks that. */
const AcceleratorSchema = Type.Object(
  {
    builtin: Type.Optional(
      Type.Union([Type.Literal("gzip"), Type.Literal("sha3")], { description: '"gzip" or "sha3"' }),
    ),
    /** Gets `-m 0|1|2 -i FILE -o FILE -j FILE -p FILE`. */
    command: Type.Optional(words),
    /** Input on stdin, output on stdout. */
    filter: Type.Optional(words),
    timeout_seconds: positive(900, "a number of seconds"),
    concurrency: positive(1, "a whole number, at least 1"),
    max_queue: positive(1_000, "a whole number, at least 1"),
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
    accelerators: Type.Record(Type.String({ pattern: "^[a-z](?:[a-z0-9_-]{0,30}[a-z0-9])?$" }), AcceleratorSchema, {
      default: {},
      additionalProperties: false,
      description: "names, each with { builtin }, { command } or { filter }",
    }),
    jobs_dir: Type.String({
      minLength: 1,
      default: "~/jobs",
      description: 'an absolute path, or one that begins with "~/"',
    }),
    keep_jobs_seconds: positive(86_400, "how long the account of an ended job is kept, in seconds"),
    autostop: Type.Optional(
      Type.Object(
        {
          idle_seconds: Type.Integer({ minimum: 1, description: "a number of seconds" }),
          action: Type.Union([Type.Literal("stop"), Type.Literal("terminate")], {
            description: '"stop" or "terminate"',
          }),
          region: text("an AWS region"),
          endpoint_url: Type.Optional(text("the URL of the EC2 endpoint")),
        },
        closed,
      ),
    ),
    limits: Type.Object(
      {
        connections: positive(1_024, "a whole number, at least 1"),
        connections_per_address: positive(512, "a whole number, at least 1"),
        handshakes: positive(128, "a whole number, at least 1"),
        handshake_ms: positive(10_000, "a number of milliseconds"),
        headers_ms: positive(15_000, "a number of milliseconds"),
        idle_ms: positive(60_000, "a number of milliseconds"),
        keep_alive_ms: positive(30_000, "a number of milliseconds"),
        min_body_rate: Type.Integer({ minimum: 0, default: 1_024, description: "bytes per second; 0 is no limit" }),
      },
      { ...closed, default: {} },
    ),
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

export type AcceleratorSettings = Static<typeof AcceleratorSchema>;
export type HostDir = Static<typeof HostDirSchema>;
export type AgentConfig = Static<typeof AgentConfigSchema>;
export type AutostopSettings = NonNullable<AgentConfig["autostop"]>;
