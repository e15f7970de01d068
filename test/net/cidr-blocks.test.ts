import { BlockList } from "node:net";
import { describe, expect, it } from "vitest";
import { Cidr } from "../../net/cidr.js";
import { seededRandom } from "../support/random.js";

describe("Cidr.canonical", () => {
  it.each<[text: string, cidr: string, warning: string | undefined]>([
    ["10.1.0.2/16", "10.1.0.0/16", '"10.1.0.2/16" has bits set outside its mask /16: read as "10.1.0.0/16"'],
    ["10.1.0.0/16", "10.1.0.0/16", undefined],
    ["203.0.113.7/32", "203.0.113.7/32", undefined],
    ["0.0.0.0/0", "0.0.0.0/0", undefined],
    ["2001:db8::7/32", "2001:db8::/32", '"2001:db8::7/32" has bits set outside its mask /32: read as "2001:db8::/32"'],
    ["2001:0DB8::/32", "2001:db8::/32", undefined],
    [
      "::ffff:10.1.0.2/112",
      "10.1.0.0/16",
      '"::ffff:10.1.0.2/112" has bits set outside its mask /112: read as "10.1.0.0/16"',
    ],
  ])("reads %s as %s", (text, cidr, warning) => {
    const read = Cidr.canonical(text);
    expect([read.cidr.toString(), read.warning]).toEqual([cidr, warning]);
  });

  it.each<[text: string, message: string]>([
    ["203.0.113.7/0", '"203.0.113.7/0" has bits set outside its mask'],
    ["10.1.0.2", '"10.1.0.2" has no mask'],
    ["10.1.0.2/33", 'the mask of "10.1.0.2/33" is not a number from 0 to 32'],
    ["10.1.0.2/016", 'the mask of "10.1.0.2/016" is not a number from 0 to 32'],
    ["10.1.0.2/255.255.0.0", 'the mask of "10.1.0.2/255.255.0.0" is not a number from 0 to 32'],
    ["::ffff:10.1.0.2/16", 'the mask of "::ffff:10.1.0.2/16" is not a number from 0 to 128'],
    ["999.1.1.1/99", '"999.1.1.1/99" is not an IP address'],
  ])("refuses %s", (text, message) => {
    expect(() => Cidr.canonical(text)).toThrow(message);
  });
});

describe("Cidr", () => {
  it("contains what Node's BlockList says it contains", () => {
    const random = seededRandom(1);
    const byte = () => random.pick([0, 1, 10, 127, 128, 203, 255]);
    const address = () => `${byte()}.${byte()}.${byte()}.${byte()}`;
    for (let round = 0; round < 2_000; round++) {
      const prefix = 1 + random.below(32);
      const { cidr } = Cidr.canonical(`${address()}/${prefix}`);
      const list = new BlockList();
      list.addSubnet(cidr.address, prefix, "ipv4");
      const asked = address();
      expect(cidr.contains(Cidr.host(asked)), `${cidr} ${asked}`).toBe(list.check(asked));
    }
  });

  it("contains blocks that are no wider, of its own family", () => {
    const contains = (wide: string, narrow: string) => Cidr.parse(wide).contains(Cidr.parse(narrow));
    expect(contains("10.0.0.0/8", "10.0.0.0/8")).toBe(true);
    expect(contains("10.0.0.0/8", "10.255.0.0/16")).toBe(true);
    expect(contains("10.0.0.0/16", "10.0.0.0/8")).toBe(false);
    expect(contains("::/0", "10.0.0.0/8")).toBe(false);
    expect(contains("0.0.0.0/0", "::/0")).toBe(false);
    expect(contains("2001:db8::/32", "2001:db8:ffff::/48")).toBe(true);
  });

  it("goes to numbers and back", () => {
    for (const text of ["0.0.0.0/0", "255.255.255.255/32", "10.1.0.0/16", "::/0", "2001:db8::/32", "2001:db8::7/128"]) {
      const cidr = Cidr.parse(text);
      expect(Cidr.fromNumber(cidr.family, cidr.first, cidr.prefix).toString()).toBe(text);
    }
    expect(Cidr.parse("10.1.0.0/16").last).toBe(0x0a01ffffn);
  });
});
