/** vLab's machine types and protocols (V-41), and which port of the machine is meant by both (V-43). Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import { nearest } from "../base/text/nearest.js";

export const PROTOCOLS = ["ssh", "scp", "sftp", "rdp", "https", "mgmt", "vnc", "console"] as const;
export type ConnectProtocol = (typeof PROTOCOLS)[number];

interface MachineType {
  /** What is meant where no protocol is given. */
  readonly usual: ConnectProtocol;
  /** Ports that differ from everybody's. */
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

/** Not mgmt: only a machine that has a port of its own for it has one at all. */
const PORTS: Partial<Record<ConnectProtocol, number>> = {
  ssh: 22,
  scp: 22,
  sftp: 22,
  rdp: 3389,
  https: 443,
  vnc: 5900,
  console: 5900,
};

/** A type as written: whatever the case, and as short as it is unmistakable. */
export function typeNamed(text: string): string {
  return oneNamed(text, TYPES, "type");
}

/** A protocol as written, whatever the case. */
export function protocolNamed(text: string): ConnectProtocol {
  return oneNamed(text, PROTOCOLS, "protocol");
}

/** The type that vLab's component is ("CentOS", "OneFS"), or undefined where it is none of them. */
export function typeOfComponent(component: string): string | undefined {
  const name = component.toLowerCase();
  return TYPES.includes(name) ? name : undefined;
}

/** The protocol that is meant where none is given. */
export function usualProtocol(type: string): ConnectProtocol {
  return MACHINE_TYPES[type]?.usual ?? "ssh";
}

/** The machine's port, or undefined where the type has no such protocol. */
export function portFor(type: string | undefined, protocol: ConnectProtocol): number | undefined {
  return (type === undefined ? undefined : MACHINE_TYPES[type]?.ports?.[protocol]) ?? PORTS[protocol];
}

/**
 * Whether a forward to this port of a machine is one of the protocol.
 *
 * A deployment is several machines made by somebody else: its web server may listen anywhere, so that
 * for https every port counts that is neither SSH's nor RDP's.
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
