import { expect, test } from "vitest";
import { addressList } from "../../../firewall/address-api/address-list.js";

test("F-02: addresses without masks, sorted as numbers, each once; hosts without one are left out", () => {
  const hosts = ["109.1.1.1", "", "9.2.3.4", "109.1.1.1", "2600:1F18:0::7"].map((public_ip) => ({ public_ip }));
  expect(addressList(hosts)).toEqual({ ipAddresses: ["9.2.3.4", "109.1.1.1", "2600:1f18::7"] });
});
