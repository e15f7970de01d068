/** An agent's answers about jobs. Members that a later agent adds are allowed. */
import { type Static, Type } from "@sinclair/typebox";

const count = Type.Integer({ minimum: 0 });
const JobState = Type.Union([
  Type.Literal("queued"),
  Type.Literal("running"),
  Type.Literal("done"),
  Type.Literal("failed"),
  Type.Literal("cancelled"),
]);

export const JobSummary = Type.Object({
  // The ID becomes a segment of request paths.
  id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
  accelerator: Type.String(),
  phase: Type.String(),
  state: JobState,
  /** RFC 3339. */
  created_at: Type.String(),
  started_at: Type.Optional(Type.String()),
  ended_at: Type.Optional(Type.String()),
  /** 0 to 1. */
  progress: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  exit_status: Type.Optional(Type.Integer()),
  failure: Type.Optional(Type.Object({ reason: Type.String(), detail: Type.String() })),
  /** `host://DIR/PATH` or `private`. */
  input: Type.Optional(Type.String()),
  output: Type.Optional(Type.String()),
  input_bytes: Type.Optional(count),
  output_bytes: Type.Optional(count),
});

export const JobAnswer = Type.Composite([
  JobSummary,
  Type.Object({
    parameters: Type.Record(Type.String(), Type.Unknown()),
    result: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    stderr_tail: Type.Optional(Type.String()),
  }),
]);

export const JobList = Type.Object({ jobs: Type.Array(JobSummary), next: Type.Optional(Type.String()) });

export const AcceleratorsAnswer = Type.Object({
  default: Type.Optional(Type.String()),
  accelerators: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String(),
      concurrency: count,
      timeout_seconds: count,
      running: count,
      queued: count,
    }),
  ),
  devices: Type.Array(
    Type.Object({
      kind: Type.String(),
      id: Type.String(),
      name: Type.String(),
      address: Type.Optional(Type.String()),
      memory_bytes: Type.Optional(count),
      memory_used_bytes: Type.Optional(count),
      utilization_percent: Type.Optional(Type.Number()),
      cores: Type.Optional(count),
      driver: Type.Optional(Type.String()),
    }),
  ),
  device_errors: Type.Array(Type.Object({ tool: Type.String(), detail: Type.String() })),
});

export type JobSummary = Static<typeof JobSummary>;
export type JobAnswer = Static<typeof JobAnswer>;
export type JobList = Static<typeof JobList>;
export type AcceleratorsAnswer = Static<typeof AcceleratorsAnswer>;
