/** Who may ask for the addresses, and what they get. */
import { createHash } from "node:crypto";
import type { Authenticate } from "../../http/headers/bearer.js";
import { Problem } from "../../http/problem.js";
import { methodNotAllowed, notFound, unauthorized } from "../../http/problems.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget } from "../../http/server/target.js";
import type { AddressList } from "./address-list.js";

export const ADDRESSES_PATH = "/api/cluster/ip-addresses";

/** @param read the addresses of now. Where it fails the answer is 503: a follower then leaves its rules as they are. */
export function handleAddresses(authenticate: Authenticate, read: () => Promise<AddressList>): Handle {
  return async (exchange) => {
    const path = parseTarget(exchange.req.url)?.path.replace(/(?<=.)\/$/, "");
    if (path === "/healthz") return exchange.json(200, { status: "ok" });
    const who = authenticate(exchange.req.headers.authorization);
    if (who === undefined) throw unauthorized();
    exchange.who = who;
    if (path !== ADDRESSES_PATH) throw notFound();
    if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
    const list = await read().catch((cause: unknown) => {
      throw unavailable(cause);
    });
    const etag = `"${createHash("sha256").update(JSON.stringify(list)).digest("hex").slice(0, 16)}"`;
    exchange.json(200, list, { "Cache-Control": "no-cache", ETag: etag });
  };
}

const unavailable = (cause: unknown) =>
  new Problem(503, "addresses-unknown", "Service unavailable", "the addresses of the hosts cannot be told now", {
    headers: { "Retry-After": "30" },
    cause,
  });
