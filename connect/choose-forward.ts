/** Chooses one of a machine's forwards. Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import type { KnownForward } from "../client/gateway/client.js";
import { type ConnectProtocol, portFor, servesProtocol, typeOfComponent, usualProtocol } from "./machine-types.js";

export interface ForwardQuery {
  readonly name: string;
  readonly type?: string | undefined;
  readonly protocol?: ConnectProtocol | undefined;
  /** Port of the machine, in place of the protocol's. */
  readonly targetPort?: number | undefined;
  /** Port of the gateway: the one forward that has it. */
  readonly connPort?: number | undefined;
}

export interface ResolvedQuery {
  readonly type: string | undefined;
  readonly protocol: ConnectProtocol;
  /** Port that a new forward would lead to; undefined if none is known. */
  readonly targetPort: number | undefined;
}

/** Fills in the type, protocol and port that were left out, from the machine's forwards. */
export function resolveQuery(query: ForwardQuery, forwards: readonly KnownForward[]): ResolvedQuery {
  const type = query.type ?? typeOfAll(forwards);
  const protocol = query.protocol ?? (type === undefined ? undefined : usualProtocol(type));
  if (protocol === undefined) throw protocolNeeded(query.name);
  return { type, protocol, targetPort: query.targetPort ?? portFor(type, protocol) };
}

/**
 * @param forwards those of the machine.
 * @returns undefined if there is none. @throws Fault if there are several.
 */
export function chooseForward(
  query: ForwardQuery,
  { type, protocol }: ResolvedQuery,
  forwards: readonly KnownForward[],
): KnownForward | undefined {
  const { connPort, targetPort } = query;
  const fits = (forward: KnownForward) =>
    forward.protocol === "tcp" &&
    (connPort !== undefined
      ? forward.connPort === connPort
      : targetPort !== undefined
        ? forward.targetPort === targetPort
        : servesProtocol(forward.targetPort, type, protocol));
  const fitting = forwards.filter(fits);
  const admitting = fitting.filter(({ admitsYou }) => admitsYou !== false);
  const found = admitting.length > 0 ? admitting : fitting;
  if (found.length < 2) return found[0];
  // Two forwards to the same port of the same machine are equally good.
  const places = new Set(found.map(({ targetAddr, targetPort: port }) => `${targetAddr} ${port}`));
  if (places.size === 1) return found[0];
  // A deployment has several web servers: the usual port comes before the others.
  const usual = found.filter((forward) => forward.targetPort === portFor(type, protocol));
  if (usual.length === 1 && connPort === undefined) return usual[0];
  throw severalForwards(query.name, protocol, found);
}

function typeOfAll(forwards: readonly KnownForward[]): string | undefined {
  const types = new Set(forwards.map(({ component }) => typeOfComponent(component)));
  return types.size === 1 ? [...types][0] : undefined;
}

const protocolNeeded = (name: string) =>
  new Fault("connect/protocol-needed", `the type of ${quote(name)} is unknown`, {
    hint: `give a protocol, as in "--protocol ssh", or the type, as in "sallyport connect windows --name ${name}"`,
    exit: EXIT.usage,
  });

function severalForwards(name: string, protocol: ConnectProtocol, found: readonly KnownForward[]): Fault {
  const lines = found.map(
    ({ connPort, targetAddr, targetPort, component }) =>
      `--conn-port ${connPort}   to ${targetAddr}:${targetPort} (${component})`,
  );
  return new Fault("connect/several", `${quote(name)} can be reached by ${protocol} in ${found.length} ways`, {
    hint: ["choose one:", ...lines].join("\n"),
    exit: EXIT.usage,
  });
}

/** In vLab's words. */
export const noForward = (name: string, protocol: string) =>
  new Fault("connect/no-forward", `No mapping rule for ${protocol} to ${name} exists`, {
    hint: `open one with "--create", or see "sallyport portmap list"`,
    exit: EXIT.notFound,
  });

/** In vLab's words. */
export const nameNeeded = () =>
  new Fault("connect/name-needed", "CLI flag '--name' is required", {
    hint: `"sallyport portmap list" shows the machines that have forwards`,
    exit: EXIT.usage,
  });
