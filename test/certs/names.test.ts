import { describe, expect, test } from "vitest";
import { Fault } from "../../base/fault.js";
import { sortNames } from "../../certs/names.js";

describe("names of a certificate", () => {
  test.each([
    [["*"], { dns: ["*"], ip: [] }],
    [["Host.Example.COM", "host.example.com"], { dns: ["host.example.com"], ip: [] }],
    [["*.example.com", "192.0.2.7"], { dns: ["*.example.com"], ip: ["192.0.2.7"] }],
    [["2001:DB8:0::7", "2001:db8::7", "::1"], { dns: [], ip: ["2001:db8::7", "::1"] }],
    [
      ["localhost", "a-b.c1", "xn--bcher-kva.example"],
      { dns: ["localhost", "a-b.c1", "xn--bcher-kva.example"], ip: [] },
    ],
  ])("%j are sorted into DNS and IP, canonical and without repeats", (names, sorted) => {
    expect(sortNames(names)).toEqual(sorted);
  });

  test.each([
    "",
    " ",
    "a b",
    "a..b",
    ".a",
    "a.",
    "-a",
    "a-",
    "a_b",
    "**",
    "a.*.b",
    "*a.b",
    "1.2.3",
    "300.1.1.1",
    "192.0.2.7/32",
    "[::1]",
    "fe80::1%eth0",
    "bücher.example",
    "host:443",
    "https://host",
    "a\nb",
    "host\0.example",
    "a,DNS:evil.example",
    `${"a".repeat(64)}.example`,
    `${"a.".repeat(127)}ab`,
  ])("%j is refused", (name) => {
    expect(() => sortNames([name])).toThrow(Fault);
  });

  test("the refusal quotes the name and says what to write", () => {
    const refusal = (): unknown => sortNames(["my host"]);
    expect(refusal).toThrowErrorMatchingInlineSnapshot(
      `[Fault: certificate name "my host" is neither a DNS name nor an IP address]`,
    );
  });
});
