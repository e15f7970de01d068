/** Forwards by number: the same for every contestant. Pure. */
import type { Forward } from "../../gateway/forwards/forward.js";

export const FIRST_PORT = 20_000;
/** The lab of the scenes: more machines than forwards. */
export const LAB = "10.77";
/** Where each machine listens. */
export const TARGET_PORT = 9_000;

/** @param n from 1. */
export const addressOf = (n: number) => `${LAB}.${n >> 8}.${n & 255}`;

export function forwardOf(n: number): Forward {
  return {
    id: `bench-${n}`,
    connPort: FIRST_PORT + n - 1,
    protocol: "tcp",
    targetAddr: addressOf(n),
    targetPort: TARGET_PORT,
    targetName: `machine ${n}`,
    targetComponent: "CentOS",
    owner: "bench",
    sources: [],
    createdAt: 0,
  };
}

/** As peer.py takes it. */
export function peerForwardOf(n: number) {
  const { connPort, targetAddr, targetPort } = forwardOf(n);
  return { conn: connPort, addr: targetAddr, port: targetPort };
}

/** From 1 to `count`. */
export const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
