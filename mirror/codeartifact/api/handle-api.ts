/** A request to the API: whose it is, which operation, and its answer or its refusal in AWS's shape. */
import { Fault } from "../../../base/fault.js";
import type { Exchange } from "../../../http/server/exchange.js";
import type { RequestTarget } from "../../../http/server/target.js";
import { type Caller, may } from "../auth/caller.js";
import { ApiError, accessDenied, cannotParse, internalError, tooLarge, unknownOperation } from "../errors.js";
import { Binary, type Service } from "./operation.js";
import { operations } from "./operations.js";

/** A policy of the largest size, all of it escaped, is less. */
const BODY_BYTES = 128 * 1024;

export interface SignedBy {
  /** Refuses, before a body is read, what no body could make good. @throws ApiError */
  precheck(exchange: Exchange): void;
  /** @throws ApiError */
  caller(exchange: Exchange, target: RequestTarget, body: Buffer): Caller;
}

export async function handleApi(
  exchange: Exchange,
  target: RequestTarget,
  service: Service,
  signed: SignedBy,
): Promise<void> {
  try {
    signed.precheck(exchange);
    exchange.acceptBody();
    const body = await bodyOf(exchange);
    const caller = signed.caller(exchange, target, body);
    exchange.who = caller.name;
    const call = operations.get(`${exchange.method} ${target.path.replace(/(.)\/+$/, "$1")}`);
    if (call === undefined) throw unknownOperation(exchange.method, target.path);
    if (!may(caller.role, call.needs)) {
      throw accessDenied(`arn:aws:iam::${service.account}:user/${caller.name}`, call.operation);
    }
    const query = new URLSearchParams(target.query);
    const answer = await call.handle({ service, caller, query, body: documentOf(body) });
    const headers = { "Cache-Control": "no-store", "x-amzn-RequestId": exchange.id };
    if (answer instanceof Binary) exchange.answer(200, { ...headers, ...answer.headers }, answer.content);
    else exchange.json(200, answer, headers);
  } catch (error) {
    refuse(exchange, error);
  }
}

function refuse(exchange: Exchange, error: unknown): void {
  const known = error instanceof ApiError ? error : internalError();
  if (known !== error) exchange.cause = error instanceof Fault && error.cause !== undefined ? error.cause : error;
  exchange.verdict = known.type;
  const headers = { ...known.headers, "x-amzn-ErrorType": known.type, "x-amzn-RequestId": exchange.id };
  exchange.json(known.status, { message: known.message, ...known.fields }, headers);
}

async function bodyOf(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exchange.req.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    exchange.received += chunk.length;
    if (exchange.received > BODY_BYTES) throw tooLarge(BODY_BYTES);
  }
  return Buffer.concat(chunks);
}

function documentOf(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    throw cannotParse("The body is not JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw cannotParse("The body is not a JSON object.");
  }
  return parsed as Readonly<Record<string, unknown>>;
}
