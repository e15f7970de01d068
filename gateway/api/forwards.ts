/** `/v1/forwards`: opens, lists and closes forwards. */

import type { Static } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { Problem } from "../../http/problem.js";
import { Address } from "../../net/address.js";
import { type Caller, isAdmin, ownedBy, USER_NAME } from "../auth/caller.js";
import { noAccess } from "../auth/problems.js";
import { checkForward } from "../forwards/check.js";
import type { Forward, ForwardFilter, ForwardRequest } from "../forwards/forward.js";
import { defaultSeconds, defaultSources } from "../forwards/policy.js";
import { badValue, noGatewayAddress, noSuchForward } from "../forwards/problems.js";
import { forwardDocument } from "./documents.js";
import { cursorOf, onlyKnownNames, parseCursor, parseObject } from "./query.js";
import { type ApiCall, type ApiRoute, apiRoute } from "./route.js";
import { DEFAULT_LIMIT, ForwardBody, ForwardDocument, ForwardList, ForwardQuery } from "./schemas.js";
import type { ApiServices } from "./services.js";

const PATH = "/v1/forwards";

export function forwardRoutes(services: ApiServices): ApiRoute[] {
  const { forwards, gatewayAddress } = services;
  return [
    apiRoute({
      method: "POST",
      path: PATH,
      summary: "Open a forward. The same Idempotency-Key gives the same forward, with status 200.",
      access: "forward",
      body: ForwardBody,
      responses: {
        201: { description: "The forward is in effect, and survives a restart.", schema: ForwardDocument },
        200: { description: "The same Idempotency-Key has opened this forward before.", schema: ForwardDocument },
        409: { description: "No port is free, or the requested one is taken." },
        422: { description: "A value is wrong; the detail says which, and what it must be." },
      },
      handle: async (call) => {
        const input = parseObject(call.body);
        onlyKnownNames(Object.keys(input), ForwardBody.properties);
        const { forward, created } = await openForward(services, { ...call, input, key: keyIn(call) });
        const headers = { Location: `${PATH}/${forward.connPort}` };
        return {
          status: created ? 201 : 200,
          headers,
          json: forwardDocument(forward, { ...call, gatewayAddress }),
        };
      },
    }),
    apiRoute({
      method: "GET",
      path: PATH,
      summary: "List your forwards; an admin's list has those of all users.",
      access: "read",
      query: ForwardQuery,
      responses: { 200: { description: "By port, page by page.", schema: ForwardList } },
      handle: async ({ caller, client, query }) => {
        const { limit = DEFAULT_LIMIT, cursor, owner } = query;
        const after = parseCursor(cursor);
        const found = await forwards.list({ ...filterOf(query), ...ownerFilter(owner, ownedBy(caller)) });
        const left = found.filter(({ connPort }) => connPort > after);
        const page = left.slice(0, limit);
        const alive = await liveness(services);
        const last = page.at(-1);
        return {
          status: 200,
          json: defined({
            forwards: page.map((each) =>
              forwardDocument(each, { client, gatewayAddress, routable: alive.get(each.targetAddr) ?? null }),
            ),
            next: last === undefined || left.length === page.length ? undefined : cursorOf(last.connPort),
          }),
        };
      },
    }),
    apiRoute({
      method: "GET",
      path: `${PATH}/{conn_port}`,
      summary: "Show one forward.",
      access: "read",
      responses: {
        200: { description: "The forward.", schema: ForwardDocument },
        404: { description: "You have no such forward." },
      },
      handle: async ({ caller, client, params }) => {
        const owner = ownedBy(caller);
        const filter = defined({ connPort: portOf(params), owner });
        const [forward] = await forwards.list(filter);
        if (forward === undefined) throw noSuchForward();
        const alive = await liveness(services);
        const routable = alive.get(forward.targetAddr) ?? null;
        return { status: 200, json: forwardDocument(forward, { client, gatewayAddress, routable }) };
      },
    }),
    apiRoute({
      method: "DELETE",
      path: `${PATH}/{conn_port}`,
      summary: "Close a forward and end its connections.",
      access: "forward",
      responses: {
        204: { description: "The forward is closed." },
        404: { description: "You have no such forward." },
      },
      handle: async ({ caller, params }) => {
        await forwards.remove(portOf(params), ownedBy(caller), caller.name);
        return { status: 204, text: "" };
      },
    }),
  ];
}

export interface OpenRequest extends Pick<ApiCall, "caller" | "client"> {
  /** Not checked yet. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Idempotency key. */
  readonly key: string | undefined;
}

/** Checks and opens a forward, for both APIs. */
export async function openForward(
  services: ApiServices,
  { caller, client, input, key }: OpenRequest,
): Promise<{ readonly forward: Forward; readonly created: boolean }> {
  const { forwards, range, labNetworks, policy, now = Date.now } = services;
  const owner = ownerIn(input.owner, caller);
  const requester = { address: client, isOwner: owner === caller.name };
  const request = checkForward(input, {
    owner,
    key,
    limits: { range, labNetworks, now: now() },
    defaults: { sources: (target) => defaultSources(policy, requester, target), seconds: defaultSeconds(policy) },
  });
  if (services.gatewayAddress(request.targetAddr) === undefined) throw noGatewayAddress();
  const result = await forwards.create({ ...request, by: caller.name });
  if (!result.created && !isSame(result.forward, request, input)) {
    const detail = "this Idempotency-Key was used for another forward, which is still there";
    throw new Problem(422, "key-reused", "Unprocessable content", detail);
  }
  if (result.created) services.onNewAddress?.(result.forward.targetAddr);
  return result;
}

/** An admin may open a forward for another user. */
function ownerIn(owner: unknown, caller: Caller): string {
  if (owner === undefined || owner === caller.name) return caller.name;
  if (!isAdmin(caller)) throw noAccess(caller.name);
  if (typeof owner === "string" && USER_NAME.test(owner)) return owner;
  throw badValue("owner", owner, "the name of a user");
}

/** Expiry is not compared: the same request sent again expires later. Its sender may have another address by then. */
function isSame(forward: Forward, request: ForwardRequest, input: OpenRequest["input"]): boolean {
  const { targetAddr, targetPort, targetName, targetComponent, protocol } = forward;
  return (
    targetAddr === request.targetAddr &&
    targetPort === request.targetPort &&
    targetName === request.targetName &&
    targetComponent === request.targetComponent &&
    protocol === request.protocol &&
    (input.sources === undefined || forward.sources.join() === request.sources.join()) &&
    (request.connPort === undefined || request.connPort === forward.connPort)
  );
}

function keyIn({ headers }: ApiCall): string | undefined {
  const key = headers["idempotency-key"];
  if (Array.isArray(key)) throw badValue("Idempotency-Key", key, "given once");
  return key;
}

/** Users see only their own forwards. @param own undefined for an admin. */
function ownerFilter(owner: string | undefined, own: string | undefined): ForwardFilter {
  if (own === undefined) return defined({ owner });
  // No user has the empty name, so this filter matches nothing.
  return { owner: owner === undefined || owner === own ? own : "" };
}

function filterOf(query: Static<typeof ForwardQuery>): ForwardFilter {
  return defined<ForwardFilter>({
    targetName: query.target_name,
    targetComponent: query.target_component,
    targetAddr: query.target_addr === undefined ? undefined : canonicalAddress(query.target_addr),
    connPort: query.conn_port,
    targetPort: query.target_port,
  });
}

/** The canonical text of an address; any other text as it is, which matches nothing. */
export const canonicalAddress = (text: string) => Address.parse(text)?.toString() ?? text;

function portOf(params: ApiCall["params"]): number {
  const text = params.conn_port ?? "";
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw noSuchForward();
  return Number(text);
}

async function liveness({ store }: ApiServices): Promise<Map<string, boolean | null>> {
  return new Map((await store.liveness()).map(({ addr, routable }) => [addr, routable]));
}
