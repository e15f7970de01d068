/** The parts of the gateway that the routes use. */
import type { Cidr } from "../../net/cidr.js";
import type { PortRange } from "../forwards/forward.js";
import type { Forwards } from "../forwards/forwards.js";
import type { ForwardPolicy } from "../forwards/policy.js";
import type { Kernel } from "../nft/kernel.js";
import type { KnownTarget, Store } from "../store/store.js";

export interface ApiServices {
  readonly forwards: Forwards;
  readonly store: Pick<Store, "machines" | "liveness" | "history" | "events" | "pastTargets" | "usage" | "ping">;
  readonly kernel: Pick<Kernel, "counters" | "show">;
  readonly range: PortRange;
  readonly labNetworks: readonly Cidr[];
  /** Machines that gateway.yaml names. */
  readonly machines: readonly KnownTarget[];
  readonly policy: ForwardPolicy;
  /** The address that clients are given to reach a target, if there is one now. It may change with a DHCP lease. */
  readonly gatewayAddress: (targetAddr?: string) => string | undefined;
  /** The beginning of links to vLab's routes; may be empty. */
  readonly helpBase: string;
  /** Called with the target of each new forward, so that its state is soon known. */
  readonly onNewAddress?: (addr: string) => void;
  readonly now?: () => number;
}
