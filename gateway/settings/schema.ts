/** The schema of gateway.yaml. A description says what to write: it becomes the second line of an error. */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ minLength: 1, description });
const port = (fallback: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 65535, default: fallback, description: "a port, 1 to 65535" });
const seconds = (fallback: number) =>
  Type.Number({ exclusiveMinimum: 0, default: fallback, description: "a number of seconds" });

/** A forward that ends does so within this time. */
export const MAX_FORWARD_SECONDS = 366 * 86_400;

export const GatewayConfigSchema = Type.Object(
  {
    name: text("the name of this gateway"),
    listen: Type.Object(
      {
        address: Type.String({ minLength: 1, default: "::", description: 'an address of this machine, or "::"' }),
        https_port: port(443, 0),
      },
      { ...closed, default: {} },
    ),
    tls: Type.Object({ cert: text("a path or credential:NAME"), key: text("a path or credential:NAME") }, closed),
    wan: text("the interface towards the clients"),
    lan: text("the interface towards the lab"),
    /** Where users connect. */
    public_address: Type.Optional(text("an address or a DNS name")),
    lab_networks: Type.Array(Type.String(), {
      minItems: 1,
      description: 'a list of blocks such as ["192.168.1.0/24"]',
    }),
    /** Machines that every user sees, with or without a forward. */
    machines: Type.Array(
      Type.Object(
        {
          name: text("the name of a machine"),
          addr: text("its address within lab_networks"),
          component: Type.String({ minLength: 1, default: "machine", description: 'what it is, such as "CentOS"' }),
        },
        closed,
      ),
      { default: [], description: "a list of machines, each with name and addr" },
    ),
    ports: Type.Object({ min: port(50_000), max: port(50_100) }, { ...closed, default: {} }),
    /** What a forward has if its request does not say. */
    forwards: Type.Object(
      {
        sources: Type.Union([Type.Literal("caller"), Type.Literal("anywhere")], {
          default: "caller",
          description: '"caller" (only the address of the request) or "anywhere"',
        }),
        expires_seconds: Type.Union(
          [Type.Integer({ minimum: 1, maximum: MAX_FORWARD_SECONDS }), Type.Literal("never")],
          {
            default: 8 * 3600,
            description: `a whole number of seconds up to ${MAX_FORWARD_SECONDS}, or "never"`,
          },
        ),
      },
      { ...closed, default: {} },
    ),
    database: Type.String({
      minLength: 1,
      default: "pglite:~/db",
      description: '"pglite:DIRECTORY", or "credential:NAME" or "env:DATABASE_URL" that holds a postgresql:// URL',
    }),
    auth: Type.Object(
      {
        issuer: text("the issuer that tokens must name"),
        /** The HS256 secret of `sallyport gateway token`. */
        key: Type.Optional(text("a path or credential:NAME")),
        jwks_url: Type.Optional(text("an https:// URL of a JWK Set")),
        /** vLab's GET {URL}/api/1/auth/key. */
        vlab_url: Type.Optional(text("an https:// URL")),
        algorithms: Type.Array(Type.String(), {
          default: ["HS256", "RS256", "ES256", "EdDSA"],
          description: "a list of algorithms",
        }),
        leeway_seconds: Type.Number({ minimum: 0, default: 10, description: "a number of seconds" }),
        require_client_ip: Type.Boolean({ default: true, description: "true or false" }),
        trusted_proxies: Type.Array(Type.String(), { default: [], description: "a list of blocks" }),
      },
      closed,
    ),
    worker: Type.Object(
      {
        every_seconds: seconds(300),
        tcp_probe: Type.Boolean({ default: true, description: "true or false" }),
        /** Consecutive sweeps that must disagree before a state changes. */
        damping: Type.Integer({ minimum: 1, default: 2, description: "a whole number, at least 1" }),
      },
      { ...closed, default: {} },
    ),
    log: Type.Optional(
      Type.Object(
        {
          source: Type.Union([Type.Literal("ulogd"), Type.Literal("kernel-log")], {
            default: "ulogd",
            description: '"ulogd" or "kernel-log"',
          }),
          file: text("the path of ulogd's JSON output or of a kernel log"),
          target: text("syslog+tls://HOST:PORT, nats+tls://HOST:PORT/SUBJECT or https://HOST/PATH"),
          ca: Type.Optional(text("a path")),
          fernet_key: Type.Optional(text("a path or credential:NAME")),
          /** As vLab's collector expects; otherwise each batch is one token. */
          fernet_per_record: Type.Boolean({ default: false, description: "true or false" }),
          spool_bytes: Type.Integer({ minimum: 4096, default: 1024 ** 3, description: "a number of bytes" }),
          batch: Type.Integer({ minimum: 1, default: 1000, description: "a whole number, at least 1" }),
        },
        closed,
      ),
    ),
    state_dir: Type.String({ minLength: 1, default: "~", description: "an absolute path or one that begins with ~" }),
  },
  closed,
);

export type GatewayConfig = Static<typeof GatewayConfigSchema>;
