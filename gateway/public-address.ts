/** The address that clients connect to. */
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

export interface PublicAddressOptions {
  readonly configured: string | undefined;
  /** Interface towards the clients. */
  readonly wan: string;
  /** The forward's target, which has the same IP version as its clients. @default any IPv4 address */
  readonly target?: string | undefined;
  /** @default - those of this machine */
  readonly interfaces?: ReturnType<typeof networkInterfaces>;
}

/**
 * @returns the configured address; otherwise the interface's first global address with the target's IP version, or its
 * first address of all. A configured name stands for both versions.
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
