/** `GET /v1/jobs`: newest first, page by page. The cursor is the last job of the previous page. */

import { defined } from "../../base/defined.js";
import { choicesOf, type QueryProblems, readQuery } from "../../http/routes/read-query.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { JobEngine } from "../jobs/types.js";
import { invalid } from "./problems.js";
import { summaryOf } from "./represent.js";
import { ListQuery } from "./schemas.js";

export function sendList(exchange: Exchange, engine: JobEngine, query: string): void {
  const asked = new URLSearchParams(query);
  const { accelerator, state, limit, cursor, key } = readQuery(ListQuery, asked, PROBLEMS);
  const matching = engine.list(defined({ accelerator, state }));
  // Ids sort by creation, so a page continues after the previous one, whatever has changed meanwhile.
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

/** The first value of a repeated name counts. */
const PROBLEMS: QueryProblems = {
  unknown: (name, known) => invalid(`the query has ${JSON.stringify(name)}, not one of ${known.join(", ")}`),
  repeated: () => undefined,
  invalid(name, _text, schema) {
    const choices = choicesOf(schema);
    if (choices !== undefined) return invalid(`${name}: write one of ${choices.join(", ")}`);
    return invalid(`${name}: write ${schema.minimum} to ${schema.maximum}`);
  },
};
