/** RFC 9457 problems: the public answer, and the cause for the log alone. */
import { defined } from "../base/defined.js";

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The word in the access log. @default the code */
  readonly verdict?: string;
  /** Reason phrase, for programs that show nothing else of an answer. @default HTTP's own */
  readonly reason?: string;
  /** Stays on the host. */
  readonly cause?: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly headers: Readonly<Record<string, string>>;
  readonly verdict: string;
  readonly reason: string | undefined;

  /** @param code stable and kebab-case: the last part of the `type` URN. */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    options: ProblemOptions = {},
  ) {
    super(detail ?? title, options.cause === undefined ? undefined : { cause: options.cause });
    this.headers = options.headers ?? {};
    this.verdict = options.verdict ?? code;
    this.reason = options.reason;
  }
}

/** The JSON document of `problem`, for the request that had the id `requestId`. */
export function problemBody(problem: Problem, requestId: string): Record<string, unknown> {
  return defined({
    type: `urn:sallyport:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: `urn:request:${requestId}`,
  });
}
