/** vLab's routes (V-10 to V-17), for its own client: its shapes and texts, without its bugs. */
import { createHash } from "node:crypto";
import { Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { VERSION } from "../../base/version.js";
import { Problem } from "../../http/problem.js";
import { isAdmin, may, ownedBy } from "../auth/caller.js";
import { noAccess, noToken } from "../auth/problems.js";
import { parseAddress } from "../forwards/check.js";
import type { Forward, ForwardFilter } from "../forwards/forward.js";
import type { MachineState } from "../store/store.js";
import { envelope, helpLink, VLAB_PREFIX } from "./envelope.js";
import { openForward } from "./forwards.js";
import { visible } from "./machines.js";
import { type Answer, type Call, NOBODY, type Route } from "./route.js";
import type { ApiServices } from "./services.js";
import { bodyReader, DELETE_PORTMAP, DESCRIPTIONS, POST_PORTMAP } from "./vlab-schemas.js";

type Name = "portmap" | "addr" | "healthcheck";

const readPost = bodyReader(POST_PORTMAP);
const readDelete = bodyReader(DELETE_PORTMAP);
const Enveloped = Type.Object({
  error: Type.Union([Type.String(), Type.Null()]),
  content: Type.Unknown(),
  params: Type.Record(Type.String(), Type.String()),
});

export function vlabRoutes(services: ApiServices): Route[] {
  const route = (
    method: Route["method"],
    name: Name,
    more: Pick<Route, "summary" | "access" | "handle"> & Partial<Route>,
  ): Route => ({
    method,
    path: `${VLAB_PREFIX}${name}`,
    responses: { 200: { description: "vLab's envelope.", schema: Enveloped } },
    ...more,
    handle: async (call) => (isDescribe(method, call) ? describe(services, call, name) : more.handle(call)),
  });
  const answer = (call: Call, name: Name, content: unknown): Answer => ({
    status: 200,
    headers: helpLink(services.helpBase, `${VLAB_PREFIX}${name}`),
    json: envelope(call.query, content),
  });
  return [
    route("POST", "portmap", {
      summary: "vLab: open a forward. The same machine and port again give the same forward.",
      access: "forward",
      body: Type.Unsafe(POST_PORTMAP),
      handle: async (call) => answer(call, "portmap", { conn_port: await openPort(services, call) }),
    }),
    route("GET", "portmap", {
      summary: "vLab: list forwards.",
      access: "read",
      handle: async (call) => {
        const owner = ownedBy(call.caller);
        const found = await services.forwards.list({ ...filterIn(call.query), ...defined({ owner }) });
        const gateway_ip = services.gatewayAddress();
        const record = (forward: Forward) => {
          const own = services.gatewayAddress(forward.targetAddr);
          return { ...portRecord(forward), ...defined({ gateway_ip: own === gateway_ip ? undefined : own }) };
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
        await services.forwards.remove(Number(conn_port), ownedBy(call.caller));
        return answer(call, "portmap", {});
      },
    }),
    route("GET", "addr", {
      summary: "vLab: list machines, and whether they are alive.",
      access: "read",
      handle: async (call) => {
        const wanted = addressFilter(call.query);
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

function isDescribe(method: string, { query }: Call): boolean {
  return method === "GET" && query.get("describe") === "true";
}

function describe(services: ApiServices, call: Call, name: Name): Answer {
  if (call.caller === NOBODY) throw noToken();
  if (!may(call.caller, "read")) throw noAccess(call.caller.name);
  const headers = helpLink(services.helpBase, `${VLAB_PREFIX}${name}`);
  return { status: 200, headers, json: envelope(call.query, DESCRIPTIONS[name]) };
}

/** vLab made a second rule for the same target (V-12); here a repeated request gives the forward that is there. */
async function openPort(services: ApiServices, call: Call): Promise<number> {
  const { target_addr, target_port, target_name, target_component } = readPost(call.body);
  const asked = { target_addr, target_port, target_name, target_component };
  const given = call.headers["idempotency-key"];
  const address = parseAddress(target_addr)?.toString() ?? String(target_addr);
  const identity = JSON.stringify([address, Number(target_port), target_name, target_component]);
  const key = typeof given === "string" ? given : `vlab-${createHash("sha256").update(identity).digest("base64url")}`;
  return (await openForward(services, call, asked, key)).forward.connPort;
}

/** vLab knows TCP alone, so only what is not TCP is said. */
function portRecord({ targetName, targetAddr, targetPort, targetComponent, protocol }: Forward) {
  const record = { name: targetName, target_addr: targetAddr, target_port: targetPort, component: targetComponent };
  return protocol === "tcp" ? record : { ...record, protocol };
}

/** Equal, where vLab compared with LIKE: a "%" is a "%". */
function filterIn(query: URLSearchParams): ForwardFilter {
  const [name, addr, component] = [query.get("name"), query.get("target_addr"), query.get("component")];
  const [connPort, targetPort] = [numberIn(query, "conn_port"), numberIn(query, "target_port")];
  return defined({
    targetName: name === null ? undefined : name,
    targetAddr: addr === null ? undefined : (parseAddress(addr)?.toString() ?? addr),
    targetComponent: component === null ? undefined : component,
    connPort,
    targetPort,
  });
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw badParam(`Param ${name} must be a number, supplied: ${text.slice(0, 100)}`);
}

function addressFilter(query: URLSearchParams): (target: MachineState) => boolean {
  const names = ["name", "addr", "component"] as const;
  const given = names.filter((name) => query.has(name));
  const [addr, name, component] = [query.get("addr"), query.get("name"), query.get("component")];
  const address = addr === null ? undefined : parseAddress(addr)?.toString();
  const isBadAddress = addr !== null && address === undefined;
  if (given.length > 1 || isBadAddress) {
    const supplied = names.map((each) => `${each}=${query.get(each)?.slice(0, 100) ?? "None"}`).join(", ");
    const hint = given.length > 1 ? "" : " (addr must be an IPv4 or IPv6 address)";
    throw badParam(`Params are mutually exclusive. Supplied: ${supplied}${hint}`);
  }
  return (target) =>
    (name === null || target.name === name) &&
    (address === undefined || target.addr === address) &&
    (component === null || target.component === component);
}

/** A machine with several addresses is alive where one of them is, and dead where all are known to be. */
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

/** Strangers learn only whether it works; vLab showed them the whole database and the rules (V-16). */
async function healthcheck({ store, kernel, forwards }: ApiServices, { caller }: Call): Promise<Answer> {
  try {
    await store.ping();
  } catch {
    return { status: 500, json: { error: "the database does not answer" } };
  }
  if (caller === NOBODY) return { status: 200, json: { version: VERSION } };
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
