import { expect, test } from "vitest";
import { parsePorts } from "../../../firewall/request/ports.js";
import { faultText } from "../../support/fault-text.js";

test("ports are numbers and ranges, one by one or at commas", () => {
  expect(parsePorts(["22", "80, 8000-8010"])).toEqual([
    { from: 22, to: 22 },
    { from: 80, to: 80 },
    { from: 8000, to: 8010 },
  ]);
});

test.each(["0", "65536", "1-65536", "2-1", "-1", "22-", "0x16", "", "22,"])("%j is no port", async (text) => {
  expect(await faultText(() => parsePorts([text]))).toMatch(/ is not a port\n/);
});
