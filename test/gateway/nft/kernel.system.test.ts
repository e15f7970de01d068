/** The real kernel, in a network namespace of its own. */
import { describe } from "vitest";
import { parseBlocks } from "../../../gateway/forwards/block.js";
import { openKernel } from "../../../gateway/nft/nft-kernel.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { test } from "../../fixtures/namespaces.js";
import { KERNEL_CASES } from "./kernel-cases.js";

const support = await namespaceSupport();
if (typeof support === "string") console.log(`skipped: no network namespaces here: ${support}`);

describe.skipIf(typeof support === "string")("the kernel through nft", () => {
  test.for(KERNEL_CASES)("$title", async ({ run }, { namespace, onTestFinished }) => {
    const options = {
      wan: "wan0",
      lan: "lan0",
      labNetworks: parseBlocks(["192.168.1.0/24", "fd00:1::/64"]),
      ownPorts: [22],
      ports: { min: 50_000, max: 50_100 },
      logGroup: 5,
    };
    const programs = { nft: namespace.enter(["nft"]), conntrack: namespace.enter(["conntrack"]) };
    const kernel = await openKernel(options, programs);
    onTestFinished(() => kernel.close());
    await kernel.reconcile([]);
    await run(kernel);
  });
});
