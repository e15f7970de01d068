import { describe, expect } from "vitest";
import { isAlive, markOf } from "../../../base/process/alive.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { NetNamespace } from "../../../local/network/net-namespace.js";
import { test } from "../../fixtures/temporary.js";

const support = await namespaceSupport();

describe.skipIf(typeof support === "string")("a network namespace", () => {
  test("G-16: closing it ends what has outlived its parent inside, and nothing else", async () => {
    const [closed, other] = [await NetNamespace.open("closed"), await NetNamespace.open("other")];
    const start = async (namespace: NetNamespace) => {
      const { stdout } = await namespace.runOk("sh", ["-c", "setsid sleep 3600 >/dev/null 2>&1 & echo $!"]);
      const mark = markOf(Number(stdout));
      expect(mark).toBeDefined();
      return Number(stdout);
    };
    const [ends, stays] = [await start(closed), await start(other)];
    await closed.close();
    await expect.poll(() => isAlive({ pid: ends, ticks: "" })).toBe(false);
    expect(markOf(stays)).toBeDefined();
    await other.close();
    await expect.poll(() => isAlive({ pid: stays, ticks: "" })).toBe(false);
  });
});
