/** `/v1/forwards`: open, see and close ways into the lab. */

import { defined } from "../../base/defined.js";
import { Problem } from "../../http/problem.js";
import { type Caller, isAdmin, ownedBy, USER_NAME } from "../auth/caller.js";
import { noAccess } from "../auth/problems.js";
import { checkForward, parseAddress } from "../forwards/check.js";
import type { Forward, ForwardFilter, ForwardRequest } from "../forwards/forward.js";
import { badValue, noSuchForward } from "../forwards/problems.js";
import { forwardDocument } from "./documents.js";
import { cursorIn, cursorOf, integerIn, objectIn, onlyKnown, onlyKnownNames } from "./query.js";
import type { Call, Route } from "./route.js";
import { ForwardBody, ForwardDocument, ForwardList, ForwardQuery } from "./schemas.js";
import type { ApiServices } from "./services.js";

const PAGE = 100;
const MOST_ON_PAGE = 1_000;
const PATH = "/v1/forwards";

export function forwardRoutes(services: ApiServices): Route[] {
  const { forwards, gatewayAddress } = services;
  return [
    {
      method: "POST",
      path: PATH,
      summary: "Open a forward. The same Idempotency-Key gives the same forward, with status 200.",
      access: "forward",
      body: ForwardBody,
      responses: {
        201: { description: "It carries packets now, and survives a restart.", schema: ForwardDocument },
        200: { description: "It was there already, under the same Idempotency-Key.", schema: ForwardDocument },
        409: { description: "No port is free, or the wanted one is not." },
        422: { description: "A value is wrong: the detail says which, and what it must be." },
      },
      handle: async (call) => {
        const asked = objectIn(call.body);
        onlyKnownNames(Object.keys(asked), ForwardBody.properties);
        const { forward, created } = await openForward(services, call, asked, keyIn(call));
        const headers = { Location: `${PATH}/${forward.connPort}` };
        return {
          status: created ? 201 : 200,
          headers,
          json: forwardDocument(forward, gatewayAddress(forward.targetAddr)),
        };
      },
    },
    {
      method: "GET",
      path: PATH,
      summary: "List forwards: your own, or as an admin everybody's.",
      access: "read",
      query: ForwardQuery,
      responses: { 200: { description: "By port, page by page.", schema: ForwardList } },
      handle: async ({ caller, query }) => {
        onlyKnown(query, ForwardQuery.properties);
        const limit = integerIn(query, "limit", 1, MOST_ON_PAGE) ?? PAGE;
        const after = cursorIn(query);
        const found = await forwards.list({ ...filterIn(query), ...ownerFilter(query.get("owner"), ownedBy(caller)) });
        const left = found.filter(({ connPort }) => connPort > after);
        const page = left.slice(0, limit);
        const alive = await liveness(services);
        const last = page.at(-1);
        return {
          status: 200,
          json: defined({
            forwards: page.map((each) =>
              forwardDocument(each, gatewayAddress(each.targetAddr), alive.get(each.targetAddr) ?? null),
            ),
            next: last === undefined || left.length === page.length ? undefined : cursorOf(last.connPort),
          }),
        };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:conn_port`,
      summary: "See one forward.",
      access: "read",
      responses: {
        200: { description: "The forward.", schema: ForwardDocument },
        404: { description: "None of yours." },
      },
      handle: async ({ caller, params }) => {
        const owner = ownedBy(caller);
        const filter = defined({ connPort: portOf(params), owner });
        const [forward] = await forwards.list(filter);
        if (forward === undefined) throw noSuchForward();
        const alive = await liveness(services);
        const routable = alive.get(forward.targetAddr) ?? null;
        return { status: 200, json: forwardDocument(forward, gatewayAddress(forward.targetAddr), routable) };
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:conn_port`,
      summary: "Close a forward and end its connections.",
      access: "forward",
      responses: { 204: { description: "It is gone for good." }, 404: { description: "None of yours." } },
      handle: async ({ caller, params }) => {
        await forwards.remove(portOf(params), ownedBy(caller));
        return { status: 204, text: "" };
      },
    },
  ];
}

/** Checks and opens what a caller asks for; both APIs go through here. */
export async function openForward(
  services: ApiServices,
  { caller }: Pick<Call, "caller">,
  asked: Readonly<Record<string, unknown>>,
  key?: string,
): Promise<{ readonly forward: Forward; readonly created: boolean }> {
  const { forwards, range, labNetworks, now = Date.now } = services;
  const request = checkForward(asked, ownerIn(asked.owner, caller), { range, labNetworks, now: now() }, key);
  const result = await forwards.create(request);
  if (!result.created && !isSame(result.forward, request)) {
    const detail = "this Idempotency-Key was used for another forward, which is still there";
    throw new Problem(422, "key-reused", "Unprocessable content", detail);
  }
  if (result.created) services.onNewAddress?.(result.forward.targetAddr);
  return result;
}

/** An admin may open a forward for somebody else. */
function ownerIn(asked: unknown, caller: Caller): string {
  if (asked === undefined || asked === caller.name) return caller.name;
  if (!isAdmin(caller)) throw noAccess(caller.name);
  if (typeof asked === "string" && USER_NAME.test(asked)) return asked;
  throw badValue("owner", asked, "the name of a user");
}

/** A moment of expiry is not compared: the same request sent again names a later one. */
function isSame(forward: Forward, request: ForwardRequest): boolean {
  const { targetAddr, targetPort, targetName, targetComponent, protocol } = forward;
  return (
    targetAddr === request.targetAddr &&
    targetPort === request.targetPort &&
    targetName === request.targetName &&
    targetComponent === request.targetComponent &&
    protocol === request.protocol &&
    forward.sources.join() === request.sources.join() &&
    (request.connPort === undefined || request.connPort === forward.connPort)
  );
}

function keyIn({ headers }: Call): string | undefined {
  const key = headers["idempotency-key"];
  if (Array.isArray(key)) throw badValue("Idempotency-Key", key, "given once");
  return key;
}

/** Others' forwards are not there for who is no admin. */
function ownerFilter(asked: string | null, own: string | undefined): ForwardFilter {
  if (own === undefined) return asked === null ? {} : { owner: asked };
  // A name that nobody can have: of others there is nothing.
  return { owner: asked === null || asked === own ? own : "" };
}

function filterIn(query: URLSearchParams): ForwardFilter {
  const text = (name: string) => query.get(name) ?? undefined;
  const [name, component, addr] = [text("target_name"), text("target_component"), text("target_addr")];
  const connPort = integerIn(query, "conn_port", 1, 65_535);
  const targetPort = integerIn(query, "target_port", 1, 65_535);
  return defined({
    targetName: name,
    targetComponent: component,
    targetAddr: addr === undefined ? undefined : (parseAddress(addr)?.toString() ?? addr),
    connPort,
    targetPort,
  });
}

function portOf(params: Call["params"]): number {
  const text = params.conn_port ?? "";
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw noSuchForward();
  return Number(text);
}

async function liveness({ store }: ApiServices): Promise<Map<string, boolean | null>> {
  return new Map((await store.machines()).map(({ addr, routable }) => [addr, routable]));
}
