/** Which of a machine's forwards is meant (V-42). Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import type { KnownForward } from "../client/gateway/client.js";
import { type ConnectProtocol, portFor, servesProtocol, typeOfComponent, usualProtocol } from "./machine-types.js";

export interface Asked {
  readonly name: string;
  readonly type?: string | undefined;
  readonly protocol?: ConnectProtocol | undefined;
  /** Port of the machine, in place of the protocol's. */
  readonly targetPort?: number | undefined;
  /** Port of the gateway: the one forward that has it. */
  readonly connPort?: number | undefined;
}

export interface Meant {
  readonly type: string | undefined;
  readonly protocol: ConnectProtocol;
  /** Port that a new forward would lead to; undefined where none is known. */
  readonly targetPort: number | undefined;
}

/** Fills in what was left out, from what is known of the machine. */
export function whatIsMeant(asked: Asked, forwards: readonly KnownForward[]): Meant {
  const type = asked.type ?? typeOfAll(forwards);
  const protocol = asked.protocol ?? (type === undefined ? undefined : usualProtocol(type));
  if (protocol === undefined) throw protocolNeeded(asked.name);
  return { type, protocol, targetPort: asked.targetPort ?? portFor(type, protocol) };
}

/**
 * @param forwards those of the machine.
 * @returns undefined where there is none. @throws Fault where there are several.
 */
export function chooseForward(
  asked: Asked,
  { type, protocol }: Meant,
  forwards: readonly KnownForward[],
): KnownForward | undefined {
  const { connPort, targetPort } = asked;
  const fits = (forward: KnownForward) =>
    forward.protocol === "tcp" &&
    (connPort !== undefined
      ? forward.connPort === connPort
      : targetPort !== undefined
        ? forward.targetPort === targetPort
        : servesProtocol(forward.targetPort, type, protocol));
  const found = forwards.filter(fits);
  if (found.length < 2) return found[0];
  // Two ways to the same place are one.
  const places = new Set(found.map(({ targetAddr, targetPort: port }) => `${targetAddr} ${port}`));
  if (places.size === 1) return found[0];
  // A deployment's web servers: the one at the usual port is meant before the others.
  const usual = found.filter((forward) => forward.targetPort === portFor(type, protocol));
  if (usual.length === 1 && connPort === undefined) return usual[0];
  throw severalForwards(asked.name, protocol, found);
}

function typeOfAll(forwards: readonly KnownForward[]): string | undefined {
  const types = new Set(forwards.map(({ component }) => typeOfComponent(component)));
  return types.size === 1 ? [...types][0] : undefined;
}

const protocolNeeded = (name: string) =>
  new Fault("connect/protocol-needed", `it is not known what kind of machine ${quote(name)} is`, {
    hint: `say how to connect, as in "--protocol ssh", or what it is, as in "sallyport connect windows --name ${name}"`,
    exit: EXIT.usage,
  });

function severalForwards(name: string, protocol: ConnectProtocol, found: readonly KnownForward[]): Fault {
  const lines = found.map(
    ({ connPort, targetAddr, targetPort, component }) =>
      `--conn-port ${connPort}   to ${targetAddr}:${targetPort} (${component})`,
  );
  return new Fault("connect/several", `${quote(name)} can be reached by ${protocol} in ${found.length} ways`, {
    hint: ["say which one:", ...lines].join("\n"),
    exit: EXIT.usage,
  });
}

/** vLab's words (V-41). */
export const noForward = (name: string, protocol: string) =>
  new Fault("connect/no-forward", `No mapping rule for ${protocol} to ${name} exists`, {
    hint: `open one with "--create", or see "sallyport portmap list"`,
    exit: EXIT.notFound,
  });

/** vLab's words (V-41). */
export const nameNeeded = () =>
  new Fault("connect/name-needed", "CLI flag '--name' is required", {
    hint: `"sallyport portmap list" shows the machines that have forwards`,
    exit: EXIT.usage,
  });
