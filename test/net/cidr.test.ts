import { describe, expect, test } from "vitest";
import { Cidr, uniqueCidrs } from "../../net/cidr.js";

const message = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? [error.message, "hint" in error ? error.hint : ""].join(" | ") : String(error);
  }
  return "accepted";
};

describe("one address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7/32"],
    ["::ffff:203.0.113.7", "203.0.113.7/32"],
    ["2001:DB8:0:0::7", "2001:db8::7/128"],
    ["0.0.0.0", "0.0.0.0/32"],
  ])("%s is written out as %s", (text, canonical) => {
    expect(Cidr.host(text).toString()).toBe(canonical);
    expect(Cidr.parse(canonical).equals(Cidr.of(text))).toBe(true);
  });

  test.each([
    "127.1",
    "010.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "203.0.113.256",
    "203.0.113.7 ",
    " 203.0.113.7",
    "fe80::1%eth0",
    "2001:db8:::7",
    "1.2.3.4.5",
    "example.com",
    "",
  ])("%j is refused: two readers may take it for two addresses, or none", (text) => {
    expect(message(() => Cidr.host(text))).toContain("is not an IP address");
  });
});

describe("a block", () => {
  test.each([
    ["203.0.113.0/24", "203.0.113.0/24"],
    ["2001:db8::/33", "2001:db8::/33"],
    ["::ffff:203.0.113.0/120", "203.0.113.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["128.0.0.0/1", "128.0.0.0/1"],
  ])("%s reads as %s", (text, canonical) => {
    expect(Cidr.parse(text).toString()).toBe(canonical);
    expect(Cidr.parse(Cidr.parse(text).toString()).equals(Cidr.parse(text))).toBe(true);
  });

  test("what is wrong is said with what to write instead", () => {
    expect(message(() => Cidr.parse("203.0.113.7"))).toMatchInlineSnapshot(
      `""203.0.113.7" has no mask | write "203.0.113.7/32""`,
    );
    expect(message(() => Cidr.parse("203.0.113.7/24"))).toMatchInlineSnapshot(
      `""203.0.113.7/24" has bits set outside its mask | write "203.0.113.0/24" for the network, or "203.0.113.7/32" for the one address"`,
    );
    expect(message(() => Cidr.parse("2001:db8::1/64"))).toContain('write "2001:db8::/64" for the network');
    expect(message(() => Cidr.parse("lab/24"))).toContain('"lab/24" is not an IP address');
  });

  test.each(["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "::ffff:1.2.3.0/24"])(
    "the mask of %s is refused",
    (text) => {
      expect(message(() => Cidr.parse(text))).toContain(`the mask of "${text}" is not a number from 0 to`);
    },
  );
});

describe("a public address", () => {
  test.each(["8.8.8.8", "54.214.133.41", "2600:1f18::1", "2a00:1450::1"])("%s is one", (text) => {
    expect(Cidr.host(text).isPublicUnicast).toBe(true);
  });

  test.each([
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "carrier-grade NAT"],
    ["127.0.0.1", "loopback"],
    ["169.254.169.254", "link-local"],
    ["0.0.0.0", "unspecified"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["203.0.113.7", "documentation"],
    ["198.18.0.1", "benchmarking"],
    ["240.0.0.1", "reserved"],
    ["::1", "loopback"],
    ["::", "unspecified"],
    ["fe80::1", "link-local"],
    ["fc00::1", "unique local"],
    ["ff02::1", "multicast"],
    ["2001:db8::1", "documentation"],
    ["2002:a00:1::1", "6to4 of a private address"],
    ["64:ff9b::a00:1", "NAT64 of a private address"],
    ["4000::1", "never given out"],
    ["::ffff:10.0.0.1", "mapped private"],
  ])("%s is none: %s", (text) => {
    expect(Cidr.host(text).isPublicUnicast).toBe(false);
  });
});

test("a set prints the same whatever order it came in, each block once", () => {
  const texts = ["2001:db8::7/128", "203.0.113.7/32", "9.9.9.0/24", "203.0.113.0/24", "9.9.9.0/25"];
  const expected = ["9.9.9.0/24", "9.9.9.0/25", "203.0.113.0/24", "203.0.113.7/32", "2001:db8::7/128"];
  const print = (list: readonly string[]) => uniqueCidrs(list.map((text) => Cidr.parse(text))).map(String);
  expect(print(texts)).toEqual(expected);
  expect(print([...texts, ...texts].reverse())).toEqual(expected);
});
