/** vLab's machine types and protocols, and the port that a machine of a type uses for a protocol. Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import { nearest } from "../base/text/nearest.js";

export const PROTOCOLS = ["ssh", "scp", "sftp", "rdp", "https", "mgmt", "vnc", "console"] as const;
export type ConnectProtocol = (typeof PROTOCOLS)[number];

interface MachineType {
  /** The default protocol. */
  readonly usual: ConnectProtocol;
  /** Ports that differ from the usual ones. */
  readonly ports?: Partial<Record<ConnectProtocol, number>>;
}

const MACHINE_TYPES: Readonly<Record<string, MachineType>> = {
  onefs: { usual: "https", ports: { https: 8080 } },
  insightiq: { usual: "https" },
  esrs: { usual: "https", ports: { https: 9443 } },
  cee: { usual: "rdp" },
  router: { usual: "ssh" },
  windows: { usual: "rdp" },
  winserver: { usual: "rdp" },
  centos: { usual: "ssh" },
  icap: { usual: "rdp" },
  claritynow: { usual: "https" },
  ecs: { usual: "https" },
  esxi: { usual: "https" },
  dataiq: { usual: "https" },
  dns: { usual: "ssh" },
  deployment: { usual: "ssh" },
  avamar: { usual: "https", ports: { mgmt: 7543 } },
  ana: { usual: "https" },
  dd: { usual: "https" },
  superna: { usual: "https" },
  kemp: { usual: "https" },
};

export const TYPES: readonly string[] = Object.keys(MACHINE_TYPES);

/** Without mgmt: machines have it only at a port of their own. */
const PORTS: Partial<Record<ConnectProtocol, number>> = {
  ssh: 22,
  scp: 22,
  sftp: 22,
  rdp: 3389,
  https: 443,
  vnc: 5900,
  console: 5900,
};

/** A type as typed: in any case, or an unambiguous prefix. */
export function typeNamed(text: string): string {
  return oneNamed(text, TYPES, "type");
}

/** A protocol as typed: in any case, or an unambiguous prefix. */
export function protocolNamed(text: string): ConnectProtocol {
  return oneNamed(text, PROTOCOLS, "protocol");
}

/** The type of a vLab component ("CentOS", "OneFS"); undefined for an unknown one. */
export function typeOfComponent(component: string): string | undefined {
  const name = component.toLowerCase();
  return TYPES.includes(name) ? name : undefined;
}

/** The default protocol of a type. */
export function usualProtocol(type: string): ConnectProtocol {
  return MACHINE_TYPES[type]?.usual ?? "ssh";
}

/** The machine's port; undefined if the type does not have the protocol. */
export function portFor(type: string | undefined, protocol: ConnectProtocol): number | undefined {
  return (type === undefined ? undefined : MACHINE_TYPES[type]?.ports?.[protocol]) ?? PORTS[protocol];
}

/**
 * Whether a forward to this port of a machine serves the protocol.
 *
 * A deployment is a set of machines whose web servers may listen anywhere, so for https every port counts
 * except those of SSH and RDP.
 */
export function servesProtocol(port: number, type: string | undefined, protocol: ConnectProtocol): boolean {
  if (type === "deployment" && protocol === "https") return port !== 22 && port !== 3389;
  return port === portFor(type, protocol);
}

function oneNamed<T extends string>(text: string, names: readonly T[], what: string): T {
  const word = text.toLowerCase();
  const exact = names.find((name) => name === word);
  if (exact !== undefined) return exact;
  const begun = names.filter((name) => word !== "" && name.startsWith(word));
  if (begun.length === 1 && begun[0] !== undefined) return begun[0];
  const meant = begun.length > 1 ? begun.join(" or ") : nearest(word, names);
  throw new Fault(`connect/unknown-${what}`, `there is no ${what} ${quote(text)}`, {
    hint: meant === undefined ? `one of ${names.join(", ")}` : `did you mean ${meant}?`,
    exit: EXIT.usage,
  });
}
