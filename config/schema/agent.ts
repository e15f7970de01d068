/** The keys that are passed to the hosts' agents unchanged: accelerators, limits, autostop. */
import { type Static, Type } from "@sinclair/typebox";
import { defaulted, type Immutable, span } from "./shapes.js";

const words = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description,
    errorMessage: 'must be a list of words such as ["/usr/bin/tr", "a-z", "A-Z"]',
  });
const whole = (minimum: number, maximum: number, description: string) =>
  Type.Optional(
    Type.Integer({
      minimum,
      maximum,
      description,
      errorMessage: `must be a whole number from ${minimum} to ${maximum}`,
    }),
  );

const accelerator = Type.Object(
  {
    builtin: Type.Optional(
      Type.Union([Type.Literal("gzip"), Type.Literal("sha3")], { errorMessage: 'must be "gzip" or "sha3"' }),
    ),
    command: Type.Optional(words("Program that takes -m 0|1|2 -i FILE -o FILE -j FILE -p FILE.")),
    filter: Type.Optional(words("Program that reads the input from stdin and writes the output to stdout.")),
    timeout: Type.Optional(span("Longest time of one run. Default 15m.")),
    concurrency: whole(1, 256, "Runs at the same time. Default 1."),
    max_queue: whole(1, 100_000, "Runs that may wait. Default 1000."),
  },
  { additionalProperties: false, errorMessage: "must have one of builtin, command and filter" },
);

const milliseconds = (description: string) => whole(100, 3_600_000, description);
const limits = Type.Object(
  {
    connections: whole(1, 100_000, "Connections at once. Default 1024."),
    connections_per_address: whole(1, 100_000, "Connections of one address at once. Default 512."),
    handshakes: whole(1, 10_000, "TLS handshakes under way. Default 128."),
    handshake_ms: milliseconds("Longest TLS handshake. Default 10000."),
    headers_ms: milliseconds("Longest wait for a whole request header. Default 15000."),
    idle_ms: milliseconds("Longest time without a byte. Default 60000."),
    keep_alive_ms: milliseconds("How long an unused connection stays open. Default 30000."),
    min_body_rate: whole(
      0,
      1_000_000_000,
      "Slowest upload in bytes per second, over 30 s; 0 is no limit. Default 1024.",
    ),
  },
  {
    additionalProperties: false,
    description: "What one client may take of an agent; the defaults and their reasons are in docs/reference/agent.md.",
    errorMessage: "must be limits with whole numbers, such as { connections: 2048 }",
  },
);

export const agentKeys = {
  accelerators: defaulted(
    Type.Record(Type.String({ pattern: "^[a-z](?:[a-z0-9_-]{0,30}[a-z0-9])?$" }), accelerator, {
      default: {},
      additionalProperties: false,
      description:
        "What the hosts run, by name: { builtin: gzip }, { command: [program, …] } or { filter: [program, …] }; see docs/tasks/run-an-accelerator.md.",
      errorMessage: "must be names of lower-case letters, digits, dashes and underscores, each with a mapping",
    }),
  ),
  autostop: defaulted(
    Type.Union([Type.Literal(false), span("")], {
      default: false,
      description:
        "How long a host may do nothing before it ends itself as stop_mode says, such as 30m; see docs/tasks/stop-idle-hosts.md. false: never.",
      errorMessage: 'must be false, or a time span such as "30m"',
    }),
  ),
  agent_limits: limits,
} as const;

export type AcceleratorConfig = Immutable<Static<typeof accelerator>>;
export type AgentLimitsConfig = Immutable<Static<typeof limits>>;
