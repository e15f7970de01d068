/** Who may ask, and which part of the agent answers. */
import { bearerOfBasic } from "../http/headers/basic.js";
import type { Authenticate } from "../http/headers/bearer.js";
import { malformedTarget, unauthorized } from "../http/problems.js";
import type { Exchange } from "../http/server/exchange.js";
import { parseTarget, type RequestTarget } from "../http/server/target.js";
import type { Api } from "./api.js";
import { isApyfalPath } from "./apyfal/handle.js";
import { FILES_PREFIX } from "./guard/file-path.js";

/** What strangers may ask too: whether the agent is alive, and whether it is ready. */
const OPEN = new Set(["/healthz", "/readyz"]);

/** A part of the agent. @returns the way to answer a path, or undefined where it is another's. */
export type Part = (path: string) => ((exchange: Exchange, target: RequestTarget) => void | Promise<void>) | undefined;

export interface AppOptions {
  readonly authenticate: Authenticate;
  readonly api: Api;
  readonly files: (exchange: Exchange, rawPath: string) => Promise<void> | undefined;
  /** Asked in turn; what none of them answers is the api's. */
  readonly parts?: readonly Part[];
  /** Told of each request that was let in. @throws Problem to refuse it all the same. */
  readonly begin?: (exchange: Exchange, path: string) => void;
}

export function createApp({ authenticate, api, files, parts = [], begin }: AppOptions) {
  return async (exchange: Exchange): Promise<void> => {
    const { req, res } = exchange;
    const target = parseTarget(req.url);
    // A stranger learns nothing but that this is alive, not even which paths are malformed.
    if (target === undefined || !OPEN.has(target.path)) {
      const { authorization } = req.headers;
      // Clients of Apyfal's protocol may know no other way to show a token.
      const isApyfal = target !== undefined && isApyfalPath(target.path);
      const who = authenticate(isApyfal ? bearerOfBasic(authorization) : authorization);
      if (who === undefined) throw unauthorized();
      exchange.who = who;
    }
    if (target === undefined) throw malformedTarget();
    begin?.(exchange, target.path);
    if (target.path.startsWith(FILES_PREFIX) && target.path.length > FILES_PREFIX.length) {
      return files(exchange, target.path);
    }
    for (const part of parts) {
      const answer = part(target.path);
      if (answer !== undefined) return answer(exchange, target);
    }
    // Absolute form and a last slash are the same resource.
    req.url = target.path === FILES_PREFIX ? "/v1/files" : target.path;
    exchange.setId();
    res.setHeader("Cache-Control", "no-cache");
    res.once("finish", () => {
      if (exchange.method !== "HEAD") exchange.bytes = Number(res.getHeader("content-length") ?? 0);
    });
    api.route(req, res, (problem) => exchange.problem(problem));
  };
}
