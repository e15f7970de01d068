import { BlockList, isIP } from "node:net";
import { describe, expect, it, test } from "vitest";
import { Address, bitsOf, hostInUrl, isLoopback } from "../../net/address.js";

describe("an address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7", 4],
    ["2001:DB8:0:0::7", "2001:db8::7", 6],
    ["::ffff:203.0.113.7", "203.0.113.7", 4],
    ["::FFFF:cb00:7107", "203.0.113.7", 4],
  ] as const)("%s prints as %s", (text, canonical, family) => {
    const address = Address.parse(text);
    expect(String(address)).toBe(canonical);
    expect(JSON.stringify(address)).toBe(JSON.stringify(canonical));
    expect(address?.family).toBe(family);
  });

  test.each(["", "127.1", "010.0.0.1", "0x7f.0.0.1", "1.2.3.4.5", "256.1.1.1", "1.2.3.4/32", " 1.2.3.4", "1.2.3.4\n"])(
    "%j is none",
    (text) => expect(Address.parse(text)).toBeUndefined(),
  );

  test.each(["fe80::1%eth0", "[::1]", ":::", "1:2:3:4:5:6:7:8:9", "localhost"])("%j is none", (text) =>
    expect(Address.parse(text)).toBeUndefined(),
  );

  it("comes back from its number", () => {
    for (const text of ["0.0.0.0", "203.0.113.7", "255.255.255.255", "::", "2001:db8::7", "ffff::"]) {
      const address = Address.parse(text);
      if (address === undefined) throw new Error(text);
      expect(Address.fromNumber(address.family, address.number).toString()).toBe(text);
    }
  });

  it("equals itself in any spelling, and not the same number of the other family", () => {
    const [a, b] = [Address.parse("::ffff:0.0.0.1"), Address.parse("0.0.0.1")];
    expect(a !== undefined && b !== undefined && a.equals(b)).toBe(true);
    expect(Address.fromNumber(4, 1n).equals(Address.fromNumber(6, 1n))).toBe(false);
  });

  it("is as long as its family says", () => expect([bitsOf(4), bitsOf(6)]).toEqual([32, 128]));
});

describe("the loopback", () => {
  const oracle = new BlockList();
  oracle.addSubnet("127.0.0.0", 8, "ipv4");
  oracle.addAddress("::1", "ipv6");

  test.each(["127.0.0.1", "127.255.255.255", "128.0.0.1", "126.255.255.255", "::1", "::2", "::ffff:127.0.0.1", "::"])(
    "is told apart as Node's BlockList does: %s",
    (text) => expect(isLoopback(text)).toBe(oracle.check(text, isIP(text) === 4 ? "ipv4" : "ipv6")),
  );

  test.each([
    ["localhost", true],
    ["[::1]", true],
    ["localhost.example.com", false],
    ["127.example.com", false],
    ["", false],
  ])("as a host: %j %j", (host, expected) => expect(isLoopback(host)).toBe(expected));
});

it("writes an IPv6 host of a URL in brackets", () => {
  expect(["::1", "127.0.0.1", "example.com"].map(hostInUrl)).toEqual(["[::1]", "127.0.0.1", "example.com"]);
});
