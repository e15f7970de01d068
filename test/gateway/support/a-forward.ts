/** A forward for tests that need one and care about a few of its values only. */
import type { Forward, ForwardRequest } from "../../../gateway/forwards/forward.js";

const REQUEST: ForwardRequest = {
  protocol: "tcp",
  targetAddr: "192.168.1.5",
  targetPort: 22,
  targetName: "win",
  targetComponent: "Windows",
  owner: "ada",
  sources: [],
};

export const aRequest = (more: Partial<ForwardRequest> = {}): ForwardRequest => ({ ...REQUEST, ...more });

export const aForward = (more: Partial<Forward> = {}): Forward => ({
  ...REQUEST,
  id: "0m5x-1a2b",
  connPort: 50_000,
  createdAt: 0,
  ...more,
});
