import { expect, test } from "vitest";
import { knownMachines } from "../../../gateway/machines/known-machines.js";

const target = (name: string, last: number, component = "CentOS") => ({ name, addr: `192.168.1.${last}`, component });
const unknown = { routable: null, disagreeing: 0 };

test("each name and address once, by name, with the state of its address; gateway.yaml marks its own", () => {
  const alive = { ...target("old", 11), routable: true, lastSeen: 5, checkedAt: 5, disagreeing: 0 };
  const found = knownMachines({
    current: [{ ...target("b", 11, "Windows"), ...unknown }],
    listed: [target("b", 11), target("a", 12)],
    past: [target("a", 12, "OneFS"), target("c", 11)],
    liveness: [alive],
  });
  expect(found).toEqual([
    { ...target("a", 12), ...unknown, isListed: true },
    { ...target("b", 11, "Windows"), ...unknown, isListed: true },
    { ...alive, ...target("c", 11), isListed: false },
  ]);
});
