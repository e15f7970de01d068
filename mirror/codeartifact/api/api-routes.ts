/** Requests to the API: admitted by their signature, and answered or refused in AWS's form. */
import { Fault } from "../../../base/fault.js";
import { Problem } from "../../../http/problem.js";
import type { Route } from "../../../http/routes/route.js";
import type { Match } from "../../../http/routes/route-table.js";
import { readBody } from "../../../http/server/body/read-body.js";
import type { Exchange } from "../../../http/server/exchange.js";
import type { RequestTarget } from "../../../http/server/target.js";
import { type Caller, may, type Role } from "../auth/caller.js";
import { ApiError, accessDenied, cannotParse, internalError, refused, tooLarge } from "../errors.js";
import { Binary, type Operation, type OperationInput, type Service } from "./operation.js";

/** A policy of the largest size, with every character escaped, is smaller. */
const MAX_BODY_BYTES = 128 * 1024;

export interface ApiRoute extends Route<Role, Operation["handle"]> {
  readonly kind: "api";
  readonly operation: string;
}

export interface SignedBy {
  /** Refuses, before a body is read, what no body could make valid. @throws ApiError */
  precheck(exchange: Exchange): void;
  /** @throws ApiError */
  caller(exchange: Exchange, target: RequestTarget, body: Buffer): Caller;
}

/** A request whose signature is valid. */
export interface ApiCall {
  readonly service: Service;
  readonly caller: Caller;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface ApiRequest {
  readonly exchange: Exchange;
  readonly match: Match<Route>;
  readonly target: RequestTarget;
  readonly service: Service;
  readonly signed: SignedBy;
}

export function apiRoute({ operation, method, path, access, handle }: Operation): ApiRoute {
  return {
    kind: "api",
    operation,
    method,
    path,
    head: false,
    metric: "/v1",
    access,
    responses: { 200: { description: `The result of ${operation}.` } },
    handle,
  };
}

/** The signature covers the body, so the body is read first. @throws ApiError */
export async function admitApi({ exchange, match, target, service, signed }: ApiRequest): Promise<ApiCall> {
  signed.precheck(exchange);
  const body = await readBody(exchange, MAX_BODY_BYTES, tooLarge);
  const caller = signed.caller(exchange, target, body);
  exchange.who = caller.name;
  if (match.kind === "route") {
    const { access, operation } = match.route as ApiRoute;
    if (!may(caller.role, access)) {
      throw accessDenied(`arn:aws:iam::${service.account}:user/${caller.name}`, operation);
    }
  }
  return { service, caller, query: new URLSearchParams(target.query), body };
}

export async function answerApi(exchange: Exchange, route: ApiRoute, call: ApiCall): Promise<void> {
  const input: OperationInput = { ...call, body: documentOf(call.body) };
  const result = await route.handle(input);
  const headers = { "Cache-Control": "no-store", "x-amzn-RequestId": exchange.id };
  if (result instanceof Binary) exchange.answer(200, { ...headers, ...result.headers }, result.content);
  else exchange.json(200, result, headers);
}

export function refuseApi(exchange: Exchange, error: unknown): void {
  const known = toApiError(error);
  if (known !== error) exchange.cause = error instanceof Fault && error.cause !== undefined ? error.cause : error;
  exchange.verdict = known.type;
  const headers = { ...known.headers, "x-amzn-ErrorType": known.type, "x-amzn-RequestId": exchange.id };
  exchange.json(known.status, { message: known.message, ...known.fields }, headers);
}

/** A problem that every daemon has keeps its status: the request was refused before it became an operation. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return error instanceof Problem && error.status < 500 ? refused(error.status, error.message) : internalError();
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
