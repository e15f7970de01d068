/** Where clients connect. */
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

export interface PublicAddressOptions {
  readonly configured: string | undefined;
  /** Interface towards the clients. */
  readonly wan: string;
  /** Where a forward leads: what comes in by one IP version goes on by the same. @default any IPv4 address */
  readonly target?: string | undefined;
  /** @default this machine's */
  readonly interfaces?: ReturnType<typeof networkInterfaces>;
}

/**
 * @returns what the configuration says, else the first global address of the interface that has the target's IP
 * version, else its first at all. A configured name stands for both versions.
 */
export function gatewayAddress({ configured, wan, target, interfaces }: PublicAddressOptions) {
  const family = target !== undefined && isIPv6(target) ? "IPv6" : "IPv4";
  const isOther = family === "IPv6" && configured !== undefined && isIP(configured) === 4;
  if (configured !== undefined && !isOther) return configured;
  const addresses = ((interfaces ?? networkInterfaces())[wan] ?? []).filter(
    ({ address }) => !/^fe80:|^169\.254\./i.test(address),
  );
  const found = addresses.find((each) => each.family === family) ?? (isOther ? undefined : addresses[0]);
  return found?.address ?? configured ?? "";
}
