/** What the routes need of the gateway. */
import type { PortRange } from "../forwards/forward.js";
import type { Forwards } from "../forwards/forwards.js";
import type { Kernel } from "../nft/kernel.js";
import type { Store } from "../store/store.js";

export interface ApiServices {
  readonly forwards: Forwards;
  readonly store: Pick<Store, "machines" | "history" | "usage" | "ping">;
  readonly kernel: Pick<Kernel, "counters" | "show">;
  readonly range: PortRange;
  readonly labNetworks: readonly string[];
  /** Where clients connect to reach a target, as told to them; asked each time, since a lease may change it. */
  readonly gatewayAddress: (targetAddr?: string) => string;
  /** Beginning of the links to vLab's routes; may be empty. */
  readonly helpBase: string;
  /** Told of each new target address, so that its state is known soon. */
  readonly onNewAddress?: (addr: string) => void;
  readonly now?: () => number;
}
