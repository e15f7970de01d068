/** A range of ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export const LAST_PORT = 65_535;

/** EC2's way to say "any": every port or, of ICMP, every type and code. */
export const ANY_PORTS: PortRange = { from: -1, to: -1 };

export const onePort = (port: number): PortRange => ({ from: port, to: port });

export function includesPort({ from, to }: PortRange, port: number): boolean {
  return from <= port && port <= to;
}

/** `22`, or `8000-8080`. */
export function printPortRange({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}
