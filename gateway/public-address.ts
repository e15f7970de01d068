/** Where clients connect. */
import { networkInterfaces } from "node:os";

/** @returns what the configuration says, else the first global IPv4 address of the interface, else its first at all. */
export function gatewayAddress(configured: string | undefined, wan: string, interfaces = networkInterfaces()): string {
  if (configured !== undefined) return configured;
  const addresses = (interfaces[wan] ?? []).filter(({ address }) => !/^fe80:|^169\.254\./i.test(address));
  const found = addresses.find(({ family }) => family === "IPv4") ?? addresses[0];
  return found?.address ?? "";
}
