/** What every kernel does, fake or real. */
import { expect } from "vitest";
import type { Forward } from "../../../gateway/forwards/forward.js";
import type { Kernel } from "../../../gateway/nft/kernel.js";
import { aForward } from "../support/a-forward.js";

export interface KernelCase {
  readonly title: string;
  /** @param kernel opened anew for each case, with an empty table. */
  run(kernel: Kernel): Promise<void>;
}

const forward = (n: number, more: Partial<Forward> = {}): Forward =>
  aForward({ id: `f${n}`, connPort: 50_000 + n, targetPort: 1_000 + n, ...more });

const listed = async (kernel: Kernel) => (await kernel.counters()).map(({ id, connPort }) => [id, connPort]);

export const KERNEL_CASES: readonly KernelCase[] = [
  {
    title: "an added forward is in the table when the call resolves, with counters at zero",
    run: async (kernel) => {
      await kernel.add(forward(1));
      expect(await kernel.counters()).toEqual([{ id: "f1", connPort: 50_001, packets: 0, bytes: 0, connections: 0 }]);
      expect(await kernel.show()).toContain("192.168.1.5 . 1001");
    },
  },
  {
    title: "a removed forward is not in the table when the call resolves",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await kernel.add(forward(2));
      await kernel.remove(forward(1));
      expect(await listed(kernel)).toEqual([["f2", 50_002]]);
      expect(await kernel.show()).not.toContain("192.168.1.5 . 1001");
    },
  },
  {
    title: "adding what is there, or removing what is not, is success",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await kernel.add(forward(1));
      await kernel.remove(forward(2));
      await kernel.remove(forward(1));
      await kernel.remove(forward(1));
      expect(await listed(kernel)).toEqual([]);
    },
  },
  {
    title: "concurrent changes all take effect, and counters come by port",
    run: async (kernel) => {
      await kernel.add(forward(7));
      const added = [9, 1, 5, 3].map((n) => kernel.add(forward(n)));
      await Promise.all([...added, kernel.remove(forward(7))]);
      expect(await listed(kernel)).toEqual([
        ["f1", 50_001],
        ["f3", 50_003],
        ["f5", 50_005],
        ["f9", 50_009],
      ]);
    },
  },
  {
    title: "a port that is removed and given out at once leads to its new target only",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await Promise.all([
        kernel.remove(forward(1)),
        kernel.add(forward(2, { connPort: 50_001, protocol: "udp", targetAddr: "fd00:1::6" })),
      ]);
      expect(await listed(kernel)).toEqual([["f2", 50_001]]);
      const shown = await kernel.show();
      expect(shown).toContain("fd00:1::6 . 1002");
      expect(shown).not.toContain("192.168.1.5");
    },
  },
  {
    title: "reconcile makes the table exactly what it is given, and says what differed",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await kernel.add(forward(2));
      expect(await kernel.reconcile([forward(2), forward(3), forward(4)])).toEqual({ added: 2, removed: 1 });
      expect((await listed(kernel)).map(([id]) => id)).toEqual(["f2", "f3", "f4"]);
      expect(await kernel.reconcile([forward(2), forward(3), forward(4)])).toEqual({ added: 0, removed: 0 });
    },
  },
  {
    title: "sources of both families are kept with their forward",
    run: async (kernel) => {
      const fenced = forward(1, { sources: ["198.51.100.0/24", "2001:db8:51::/64"] });
      await kernel.add(fenced);
      const shown = await kernel.show();
      expect(shown).toContain("tcp . 50001 . 198.51.100.0/24");
      expect(shown).toContain("tcp . 50001 . 2001:db8:51::/64");
      await kernel.remove(fenced);
      expect(await kernel.show()).not.toContain("198.51.100.0/24");
    },
  },
  {
    title: "a refused forward rejects its own call, and the others stay",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await expect(kernel.add(forward(2, { id: '"; flush ruleset' }))).rejects.toThrow("letters, digits and dashes");
      await kernel.add(forward(3));
      expect((await listed(kernel)).map(([id]) => id)).toEqual(["f1", "f3"]);
    },
  },
  {
    title: "G-10: among changes that come at once, only the wrong one is refused",
    run: async (kernel) => {
      await kernel.add(forward(7));
      const asked = [
        kernel.add(forward(1)),
        kernel.add(forward(2, { sources: ["nowhere"] })),
        kernel.remove(forward(7)),
        kernel.add(forward(3, { id: '"' })),
        kernel.add(forward(4)),
      ];
      const results = await Promise.allSettled(asked);
      expect(results.map(({ status }) => status === "fulfilled")).toEqual([true, false, true, false, true]);
      expect((await listed(kernel)).map(([id]) => id)).toEqual(["f1", "f4"]);
      await kernel.reconcile([forward(1), forward(4)]);
      await kernel.check();
    },
  },
  {
    title: "it is in order after a change",
    run: async (kernel) => {
      await kernel.add(forward(1));
      await kernel.check();
    },
  },
];
