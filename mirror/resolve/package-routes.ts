/** Package routes below a prefix, and how their requests are answered and refused. */
import { Problem, problemBody } from "../../http/problem.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageCall, PackageRoute } from "./contract.js";

/** Spellings of the path of a repository; the first is the documented one. */
export type Prefixes = readonly [string, ...string[]];

/** The routes with paths below each of the prefixes. */
export function routesAt(routes: readonly PackageRoute[], prefixes: Prefixes): readonly PackageRoute[] {
  return routes.map((route): PackageRoute => {
    const spellings = [route.path, ...(route.aliases ?? [])];
    const [path = "", ...aliases] = prefixes.flatMap((prefix) => spellings.map((spelling) => prefix + spelling));
    return { ...route, path, aliases, metric: route.format };
  });
}

/** A problem in the form that npm shows to its user. */
class NpmProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** @throws what refuses the request: for npm in npm's form */
export async function answerPackage(route: PackageRoute, call: PackageCall): Promise<void> {
  try {
    await route.handle(call);
  } catch (error) {
    throw inFormOf(route.format, error);
  }
}

/** An error below a repository, in the form of its format. */
export function inFormOf<E>(format: string, error: E): E | NpmProblem {
  return format === "npm" && error instanceof Problem ? new NpmProblem(error) : error;
}

/** Answers npm's refusals. @throws every other error */
export function refusePackage(exchange: Exchange, error: unknown): void {
  if (!(error instanceof NpmProblem)) throw error;
  const { problem } = error;
  if (exchange.res.headersSent) throw problem;
  exchange.verdict = problem.verdict;
  exchange.cause = problem.cause;
  // npm shows its user only the field "error".
  const body = { ...problemBody(problem, exchange.id), error: problem.detail ?? problem.title };
  exchange.json(problem.status, body, { "Content-Type": "application/problem+json", ...problem.headers });
}
