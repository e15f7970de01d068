/** vLab's routes, for its own client: its shapes and texts, without its bugs. */
import { createHash } from "node:crypto";
import { type TObject, Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { VERSION } from "../../base/version.js";
import { Problem } from "../../http/problem.js";
import { Address } from "../../net/address.js";
import { isAdmin, may, ownedBy } from "../auth/caller.js";
import { noAccess, noToken } from "../auth/problems.js";
import type { Forward, ForwardFilter } from "../forwards/forward.js";
import { admits } from "../forwards/policy.js";
import type { MachineState } from "../store/store.js";
import { iso } from "./documents.js";
import { envelope, helpLink, VLAB_PREFIX } from "./envelope.js";
import { canonicalAddress, openForward } from "./forwards.js";
import { visible } from "./machines.js";
import { ANONYMOUS, type ApiCall, type ApiResponse, type ApiRoute, type ApiRouteOptions, apiRoute } from "./route.js";
import type { ApiServices } from "./services.js";
import { bodyReader, DELETE_PORTMAP, DESCRIPTIONS, POST_PORTMAP } from "./vlab-schemas.js";

type Name = "portmap" | "addr" | "healthcheck";
type VlabRoute = Omit<ApiRouteOptions<TObject>, "method" | "path" | "responses"> &
  Partial<Pick<ApiRouteOptions<TObject>, "responses">>;

const readPost = bodyReader(POST_PORTMAP);
const readDelete = bodyReader(DELETE_PORTMAP);
const Enveloped = Type.Object({
  error: Type.Union([Type.String(), Type.Null()]),
  content: Type.Unknown(),
  params: Type.Record(Type.String(), Type.String()),
});

export function vlabRoutes(services: ApiServices): ApiRoute[] {
  const route = (method: "GET" | "POST" | "DELETE", name: Name, more: VlabRoute): ApiRoute =>
    apiRoute({
      method,
      path: `${VLAB_PREFIX}${name}`,
      responses: { 200: { description: "vLab's envelope.", schema: Enveloped } },
      ...more,
      handle: async (call) => (isDescribe(method, call) ? describe(services, call, name) : more.handle(call)),
    });
  const answer = (call: ApiCall, name: Name, content: unknown): ApiResponse => ({
    status: 200,
    headers: helpLink(services.helpBase, `${VLAB_PREFIX}${name}`),
    json: envelope(call.search, content),
  });
  return [
    route("POST", "portmap", {
      summary: "vLab: open a forward. The same machine and port again give the same forward.",
      access: "forward",
      body: Type.Unsafe(POST_PORTMAP),
      handle: async (call) => answer(call, "portmap", await openPort(services, call)),
    }),
    route("GET", "portmap", {
      summary: "vLab: list forwards.",
      access: "read",
      handle: async (call) => {
        const owner = ownedBy(call.caller);
        const found = await services.forwards.list({ ...filterIn(call.search), ...defined({ owner }) });
        const gateway_ip = services.gatewayAddress() ?? "";
        const record = (forward: Forward) => {
          const own = services.gatewayAddress(forward.targetAddr);
          const more = { gateway_ip: own === gateway_ip ? undefined : own, ...restrictions(forward, call.client) };
          return { ...portRecord(forward), ...defined(more) };
        };
        const ports = Object.fromEntries(found.map((forward) => [String(forward.connPort), record(forward)]));
        return answer(call, "portmap", { ports, gateway_ip });
      },
    }),
    route("DELETE", "portmap", {
      summary: "vLab: close a forward.",
      access: "forward",
      body: Type.Unsafe(DELETE_PORTMAP),
      handle: async (call) => {
        const { conn_port } = readDelete(call.body);
        await services.forwards.remove(Number(conn_port), ownedBy(call.caller), call.caller.name);
        return answer(call, "portmap", {});
      },
    }),
    route("GET", "addr", {
      summary: "vLab: list machines, and whether they are alive.",
      access: "read",
      handle: async (call) => {
        const wanted = addressFilter(call.search);
        const { machines } = await visible(services, call.caller);
        return answer(call, "addr", machinesByName(machines.filter(wanted)));
      },
    }),
    route("GET", "healthcheck", {
      summary: "vLab: whether the gateway works; with a token also what it holds.",
      access: "maybe",
      responses: { 200: { description: "It works." }, 500: { description: "It does not." } },
      handle: (call) => healthcheck(services, call),
    }),
  ];
}

function isDescribe(method: string, { search }: ApiCall): boolean {
  return method === "GET" && search.get("describe") === "true";
}

function describe(services: ApiServices, call: ApiCall, name: Name): ApiResponse {
  if (call.caller === ANONYMOUS) throw noToken();
  if (!may(call.caller, "read")) throw noAccess(call.caller.name);
  const headers = helpLink(services.helpBase, `${VLAB_PREFIX}${name}`);
  return { status: 200, headers, json: envelope(call.search, DESCRIPTIONS[name]) };
}

/**
 * vLab made a second rule for the same target. Here, a repeated request gives the existing forward; from another
 * address, which that one may not admit, it gives another.
 */
async function openPort(services: ApiServices, call: ApiCall) {
  const { target_addr, target_port, target_name, target_component } = readPost(call.body);
  const input = { target_addr, target_port, target_name, target_component };
  const given = call.headers["idempotency-key"];
  const identity = JSON.stringify([
    canonicalAddress(String(target_addr)),
    Number(target_port),
    target_name,
    target_component,
    ...(services.policy.sources === "caller" ? [call.client] : []),
  ]);
  const key = typeof given === "string" ? given : `vlab-${createHash("sha256").update(identity).digest("base64url")}`;
  const { forward } = await openForward(services, { ...call, input, key });
  return { conn_port: forward.connPort, ...restrictions(forward, call.client) };
}

/** vLab knows only TCP, so only another protocol is named. */
function portRecord({ targetName, targetAddr, targetPort, targetComponent, protocol }: Forward) {
  const record = { name: targetName, target_addr: targetAddr, target_port: targetPort, component: targetComponent };
  return protocol === "tcp" ? record : { ...record, protocol };
}

/** Members that vLab does not have, for what vLab does not have: its forwards admit everyone and do not end. */
function restrictions(forward: Forward, client: string) {
  const { sources, expiresAt } = forward;
  return defined({
    sources: sources.length === 0 ? undefined : sources,
    expires_at: expiresAt === undefined ? undefined : iso(expiresAt),
    admits_you: admits(forward, client) === false ? false : undefined,
  });
}

/** Exact comparison, where vLab used LIKE: a "%" is a "%". */
function filterIn(search: URLSearchParams): ForwardFilter {
  const addr = search.get("target_addr");
  return defined<ForwardFilter>({
    targetName: search.get("name") ?? undefined,
    targetAddr: addr === null ? undefined : canonicalAddress(addr),
    targetComponent: search.get("component") ?? undefined,
    connPort: numberIn(search, "conn_port"),
    targetPort: numberIn(search, "target_port"),
  });
}

function numberIn(search: URLSearchParams, name: string): number | undefined {
  const text = search.get(name);
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw badParam(`Param ${name} must be a number, supplied: ${text.slice(0, 100)}`);
}

function addressFilter(search: URLSearchParams): (target: MachineState) => boolean {
  const names = ["name", "addr", "component"] as const;
  const given = names.filter((name) => search.has(name));
  const [addr, name, component] = [search.get("addr"), search.get("name"), search.get("component")];
  const address = addr === null ? undefined : Address.parse(addr)?.toString();
  const isBadAddress = addr !== null && address === undefined;
  if (given.length > 1 || isBadAddress) {
    const supplied = names.map((each) => `${each}=${search.get(each)?.slice(0, 100) ?? "None"}`).join(", ");
    const hint = given.length > 1 ? "" : " (addr must be an IPv4 or IPv6 address)";
    throw badParam(`Params are mutually exclusive. Supplied: ${supplied}${hint}`);
  }
  return (target) =>
    (name === null || target.name === name) &&
    (address === undefined || target.addr === address) &&
    (component === null || target.component === component);
}

/** A machine with several addresses is alive if one of them is, and dead if all are known to be. */
function machinesByName(
  machines: readonly MachineState[],
): Record<string, { component: string; routable: boolean | null; addr: string[] }> {
  const byName = new Map<string, { component: string; routable: boolean | null; addr: string[] }>();
  for (const { name, component, routable, addr } of machines) {
    const known = byName.get(name);
    if (known === undefined) {
      byName.set(name, { component, routable, addr: [addr] });
      continue;
    }
    known.addr.push(addr);
    if (known.routable !== true && routable !== known.routable) known.routable = routable === true ? true : null;
  }
  return Object.fromEntries(byName);
}

/** Without a token it says only whether the gateway works; vLab showed strangers the whole database and the rules. */
async function healthcheck({ store, kernel, forwards }: ApiServices, { caller }: ApiCall): Promise<ApiResponse> {
  try {
    await store.ping();
  } catch {
    return { status: 500, json: { error: "the database does not answer" } };
  }
  if (caller === ANONYMOUS) return { status: 200, json: { version: VERSION } };
  const owner = ownedBy(caller);
  const rows = await forwards.list(owner === undefined ? {} : { owner });
  const database = rows.map((forward) => ({
    conn_port: forward.connPort,
    ...portRecord(forward),
    owner: forward.owner,
  }));
  const firewall = isAdmin(caller) ? { firewall: { table: await kernel.show() } } : {};
  return { status: 200, json: { version: VERSION, database, ...firewall } };
}

const badParam = (text: string) => new Problem(400, "bad-parameter", "Bad request", text);
