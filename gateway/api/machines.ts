/** `/v1/machines`: the machines that the caller may see, whether they are alive, and what happened to them. */

import { defined } from "../../base/defined.js";
import { Problem } from "../../http/problem.js";
import { Address } from "../../net/address.js";
import type { Caller } from "../auth/caller.js";
import { ownedBy } from "../auth/caller.js";
import type { Forward } from "../forwards/forward.js";
import { type KnownMachine, knownMachines } from "../machines/known-machines.js";
import type { KnownTarget } from "../store/store.js";
import { machineDocument, machinePast } from "./documents.js";
import { parseSince } from "./query.js";
import { type ApiRoute, apiRoute } from "./route.js";
import { DEFAULT_SINCE, MachineHistory, MachineList, SinceQuery } from "./schemas.js";
import type { ApiServices } from "./services.js";

/** How long a machine is listed after the last forward to it has ended. */
const REMEMBERED_MS = 30 * 86_400_000;

export function machineRoutes(services: ApiServices): ApiRoute[] {
  const { store, now = Date.now } = services;
  /** With those that the caller's forwards led to before. */
  const remembered = async (caller: Caller) =>
    visible(
      services,
      caller,
      await store.pastTargets(defined({ owner: ownedBy(caller), since: now() - REMEMBERED_MS })),
    );
  return [
    apiRoute({
      method: "GET",
      path: "/v1/machines",
      summary:
        "List the machines that your forwards lead or led to, and those of gateway.yaml; and whether they are alive.",
      access: "read",
      responses: { 200: { description: "By name and address.", schema: MachineList } },
      handle: async ({ caller }) => {
        const { machines, forwards } = await remembered(caller);
        return { status: 200, json: { machines: machines.map((target) => machineDocument(target, forwards)) } };
      },
    }),
    apiRoute({
      method: "GET",
      path: "/v1/machines/{addr}",
      summary: "Show when a machine came and went, who opened and closed forwards to it, and who used it.",
      access: "read",
      query: SinceQuery,
      responses: {
        200: {
          description: "The names of the machine, each change of its state, its forwards' events and its users.",
          schema: MachineHistory,
        },
        404: { description: "None of your forwards leads or led there, and gateway.yaml does not name it." },
      },
      handle: async ({ caller, params, query }) => {
        const since = parseSince(query.since ?? DEFAULT_SINCE, now());
        const addr = Address.parse(params.addr ?? "")?.toString();
        const { machines, forwards } = await remembered(caller);
        const found = machines.filter((target) => target.addr === addr);
        if (addr === undefined || found.length === 0) throw noSuchMachine();
        const filter = defined({ addr, since, owner: ownedBy(caller) });
        const [history, events, samples] = await Promise.all([
          store.history(addr, since),
          store.events(filter),
          store.usage(filter),
        ]);
        const own = forwards.filter(({ targetAddr }) => targetAddr === addr);
        return {
          status: 200,
          json: {
            machines: found.map((target) => machineDocument(target, forwards)),
            ...machinePast({ history, events, samples, forwards: own }),
          },
        };
      },
    }),
  ];
}

/** The machines that the caller may see: those of their own forwards, and those of gateway.yaml. */
export async function visible(
  { forwards, store, machines: listed }: ApiServices,
  caller: Caller,
  past: readonly KnownTarget[] = [],
): Promise<{ readonly machines: readonly KnownMachine[]; readonly forwards: readonly Forward[] }> {
  const owner = ownedBy(caller);
  const [own, all, liveness] = await Promise.all([
    forwards.list(owner === undefined ? {} : { owner }),
    store.machines(),
    store.liveness(),
  ]);
  const places = new Set(own.map(({ targetName, targetAddr }) => `${targetAddr} ${targetName}`));
  const current = all.filter(({ name, addr }) => places.has(`${addr} ${name}`));
  return { machines: knownMachines({ current, listed, past, liveness }), forwards: own };
}

const noSuchMachine = () =>
  new Problem(
    404,
    "no-such-machine",
    "Not found",
    "you have no forward to this address, and gateway.yaml does not name it",
  );
