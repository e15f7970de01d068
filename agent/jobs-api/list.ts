/** `GET /v1/jobs`: newest first, a page at a time. The cursor is the last job of the page before. */

import { defined } from "../../base/defined.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { JobEngine, JobState } from "../jobs/types.js";
import { invalid } from "./problems.js";
import { summaryOf } from "./represent.js";

const STATES: readonly string[] = ["queued", "running", "done", "failed", "cancelled"] satisfies JobState[];
const KNOWN = ["accelerator", "state", "limit", "cursor", "key"];
const PAGE = 100;
const LONGEST_PAGE = 1_000;

export function sendList(exchange: Exchange, engine: JobEngine, query: string): void {
  const asked = new URLSearchParams(query);
  const { accelerator, state, limit, cursor, key } = parse(asked);
  const matching = engine.list(
    defined({
      accelerator,
      state,
    }),
  );
  // Ids sort by creation: a page goes on where the last one ended, whatever has come or gone meanwhile.
  const rest = matching.filter(
    ({ id, idempotency }) => (cursor === undefined || id < cursor) && (key === undefined || idempotency?.key === key),
  );
  const page = rest.slice(0, limit);
  const next = rest.length > page.length ? page.at(-1)?.id : undefined;
  const headers: Record<string, string> = { "Cache-Control": "no-cache" };
  if (next !== undefined) {
    asked.set("cursor", next);
    headers.Link = `</v1/jobs?${asked}>; rel="next"`;
  }
  exchange.json(200, defined({ jobs: page.map(summaryOf), next }), headers);
}

function parse(asked: URLSearchParams) {
  const unknown = [...asked.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(`the query has ${JSON.stringify(unknown)}, not one of ${KNOWN.join(", ")}`);
  const get = (name: string) => asked.get(name) ?? undefined;
  const state = get("state");
  if (state !== undefined && !STATES.includes(state)) throw invalid(`state: write one of ${STATES.join(", ")}`);
  const limit = Number(get("limit") ?? PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_PAGE) throw invalid(`limit: write 1 to ${LONGEST_PAGE}`);
  return {
    accelerator: get("accelerator"),
    state: state as JobState | undefined,
    limit,
    cursor: get("cursor"),
    key: get("key"),
  };
}
