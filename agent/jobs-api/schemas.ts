/** The documents about jobs, in the words of the wire. */
import { type SchemaOptions, type Static, Type } from "@sinclair/typebox";
import { DigestHeader } from "../files/routes.js";

const text = (description: string) => Type.String({ description });
const time = (description: string) => Type.String({ format: "date-time", description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const choice = <const T extends readonly string[]>(values: T, options?: SchemaOptions) =>
  Type.Union(
    values.map((value) => Type.Literal(value as T[number])),
    options,
  );

const PHASES = ["start", "process", "stop"] as const;
const STATES = ["queued", "running", "done", "failed", "cancelled"] as const;
const PhaseSchema = choice(PHASES);
const StateSchema = choice(STATES);

export const SubmissionSchema = Type.Object(
  {
    accelerator: Type.Optional(text("Name of an accelerator; the first of the configuration where it is left out.")),
    phase: Type.Optional(PhaseSchema),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "What the program gets with -j." }),
    ),
    input: Type.Optional(text("host://DIR/PATH; where it is left out, the program reads nothing.")),
    output: Type.Optional(text("host://DIR/PATH; where it is left out, fetch it from /v1/jobs/{id}/output.")),
  },
  { additionalProperties: false, description: "A job whose input lies on the host." },
);

/** Replaces the document where the body is the input itself. */
export const SubmissionQuery = Type.Object({
  accelerator: Type.Optional(text("With octets: as in the document.")),
  phase: Type.Optional(choice(PHASES, { description: "With octets: as in the document." })),
  parameters: Type.Optional(text("With octets: JSON.")),
  output: Type.Optional(text("With octets: host://DIR/PATH.")),
});

export const SubmissionHeaders = Type.Object({
  "Idempotency-Key": Type.Optional(text("The same key with the same request is the same job.")),
  ...DigestHeader.properties,
});

export const ListQuery = Type.Object({
  accelerator: Type.Optional(text("Only its jobs.")),
  state: Type.Optional(choice(STATES, { description: "Only jobs in this state." })),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: "Jobs in a page." }),
  cursor: Type.Optional(text("From the page before.")),
  key: Type.Optional(text("Only the job of this Idempotency-Key.")),
});

const summary = {
  id: text("Sorts by creation."),
  accelerator: Type.String(),
  phase: PhaseSchema,
  state: StateSchema,
  created_at: time("When it was accepted."),
  started_at: Type.Optional(time("When its program was started.")),
  ended_at: Type.Optional(time("When it ended, in whatever state.")),
  progress: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "Where the program tells it." })),
  exit_status: Type.Optional(Type.Integer()),
  failure: Type.Optional(
    Type.Object({
      reason: choice(["exit", "signal", "timeout", "interrupted", "not-startable", "input", "output", "app"]),
      detail: text("One line for people."),
    }),
  ),
  input: Type.Optional(text('host://DIR/PATH, or "private" where it came with the job.')),
  output: Type.Optional(text('host://DIR/PATH, or "private" where it is at /v1/jobs/{id}/output.')),
  input_bytes: Type.Optional(count("Bytes.")),
  output_bytes: Type.Optional(count("Bytes.")),
};

const JobSummarySchema = Type.Object(summary);
export const JobSchema = Type.Object({
  ...summary,
  parameters: Type.Record(Type.String(), Type.Unknown()),
  result: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "What the program wrote for -p." })),
  stderr_tail: Type.Optional(
    text("The end of what the program wrote to stderr, at most 8 KiB; of a running job, so far."),
  ),
});

export const JobListSchema = Type.Object({
  jobs: Type.Array(JobSummarySchema),
  next: Type.Optional(text("The cursor of the next page; also in the Link header.")),
});

const DeviceSchema = Type.Object({
  kind: choice(["fpga", "nvidia", "neuron"]),
  id: text("As the device's own tool counts or names it."),
  name: Type.String(),
  address: Type.Optional(text("On the PCI bus.")),
  memory_bytes: Type.Optional(count("Bytes.")),
  memory_used_bytes: Type.Optional(count("Bytes.")),
  utilization_percent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  cores: Type.Optional(count("Neuron cores.")),
  driver: Type.Optional(Type.String()),
});

export const AcceleratorsSchema = Type.Object({
  default: Type.Optional(text("The accelerator of jobs that name none.")),
  accelerators: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: choice(["builtin", "command", "filter"]),
      concurrency: count("Jobs at once."),
      timeout_seconds: count("Seconds."),
      running: count("Jobs."),
      queued: count("Jobs."),
    }),
  ),
  devices: Type.Array(DeviceSchema),
  device_errors: Type.Array(Type.Object({ tool: Type.String(), detail: Type.String() }), {
    description: "Tools that are there but did not answer.",
  }),
});

export type Submission = Static<typeof SubmissionSchema>;
export type JobSummaryDocument = Static<typeof JobSummarySchema>;
export type JobDocument = Static<typeof JobSchema>;
export type AcceleratorsDocument = Static<typeof AcceleratorsSchema>;
export type Device = Static<typeof DeviceSchema>;
