/** `/v1/machines`: the machines behind the forwards, and whether they are alive. */

import { Problem } from "../../http/problem.js";
import { Address } from "../../net/address.js";
import type { Caller } from "../auth/caller.js";
import { ownedBy } from "../auth/caller.js";
import type { Forward } from "../forwards/forward.js";
import type { MachineState } from "../store/store.js";
import { iso, machineDocument } from "./documents.js";
import { parseSince } from "./query.js";
import { type ApiRoute, apiRoute } from "./route.js";
import { DEFAULT_SINCE, MachineHistory, MachineList, SinceQuery } from "./schemas.js";
import type { ApiServices } from "./services.js";

export function machineRoutes(services: ApiServices): ApiRoute[] {
  return [
    apiRoute({
      method: "GET",
      path: "/v1/machines",
      summary: "List the machines that your forwards lead to, and whether they are alive.",
      access: "read",
      responses: { 200: { description: "By name and address.", schema: MachineList } },
      handle: async ({ caller }) => {
        const { machines, forwards } = await visible(services, caller);
        return { status: 200, json: { machines: machines.map((target) => machineDocument(target, forwards)) } };
      },
    }),
    apiRoute({
      method: "GET",
      path: "/v1/machines/{addr}",
      summary: "Show when a machine came and went.",
      access: "read",
      query: SinceQuery,
      responses: {
        200: { description: "The names of the machine, and each change of its state.", schema: MachineHistory },
        404: { description: "None of your forwards leads there." },
      },
      handle: async ({ caller, params, query }) => {
        const since = parseSince(query.since ?? DEFAULT_SINCE, (services.now ?? Date.now)());
        const addr = Address.parse(params.addr ?? "")?.toString();
        const { machines, forwards } = await visible(services, caller);
        const found = machines.filter((target) => target.addr === addr);
        if (addr === undefined || found.length === 0) throw noSuchMachine();
        const history = await services.store.history(addr, since);
        return {
          status: 200,
          json: {
            machines: found.map((target) => machineDocument(target, forwards)),
            history: history.map(({ at, routable }) => ({ at: iso(at), routable })),
          },
        };
      },
    }),
  ];
}

/** The machines that the caller may see: users see those of their own forwards. */
export async function visible(
  { forwards, store }: ApiServices,
  caller: Caller,
): Promise<{ readonly machines: readonly MachineState[]; readonly forwards: readonly Forward[] }> {
  const owner = ownedBy(caller);
  const [own, all] = await Promise.all([forwards.list(owner === undefined ? {} : { owner }), store.machines()]);
  const places = new Set(own.map(({ targetName, targetAddr }) => `${targetAddr} ${targetName}`));
  return { machines: all.filter(({ name, addr }) => places.has(`${addr} ${name}`)), forwards: own };
}

const noSuchMachine = () =>
  new Problem(404, "no-such-machine", "Not found", "none of your forwards leads to this address");
