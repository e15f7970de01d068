import { describe, expect, test } from "vitest";
import { readAwsRanges } from "../../../firewall/sources/aws-ranges.js";
import { checkEntries } from "../../../firewall/sources/check-entries.js";
import { readFaculty } from "../../../firewall/sources/faculty.js";
import { readJsonDocument } from "../../../firewall/sources/json-document.js";
import { readTextFile } from "../../../firewall/sources/text-file.js";
import { faultText } from "../../support/fault-text.js";

const texts = (entries: readonly { text: string }[]) => entries.map(({ text }) => text);

describe("F-02: the answer of Faculty's API", () => {
  test("as its page shows it", () => {
    const body = '{\n    "ipAddresses": [\n        "101.2.3.4",\n        "105.6.7.8"\n    ]\n}\n';
    expect(texts(readFaculty(body, "faculty:x"))).toEqual(["101.2.3.4", "105.6.7.8"]);
  });

  test("other keys beside the list mean nothing", () => {
    expect(texts(readFaculty('{"cluster": "a", "ipAddresses": []}', "faculty:x"))).toEqual([]);
  });

  test.each([
    ["<html>Sign in</html>", '"faculty:x" is not JSON: it begins with "<html>Sign in</html>"'],
    ["", '"faculty:x" is not JSON: it begins with ""'],
    ['{"ipAddresses": ["101.2.3.4"', '"faculty:x" is not JSON: it begins with "{\\"ipAddresses\\": [\\"101.2.3.4\\""'],
    ['{"addresses": []}', '"faculty:x" has no "ipAddresses"'],
    ["null", '"faculty:x" has no "ipAddresses"'],
    ["[]", '"faculty:x" has no "ipAddresses"'],
    ['{"ipAddresses": "101.2.3.4"}', '"faculty:x" has a text at "/ipAddresses", not a list of addresses'],
    ['{"ipAddresses": {"0": "101.2.3.4"}}', '"faculty:x" has an object at "/ipAddresses", not a list of addresses'],
    ['{"ipAddresses": null}', '"faculty:x" has null at "/ipAddresses", not a list of addresses'],
    ['{"ipAddresses": ["101.2.3.4", 7]}', '"faculty:x" has a number at "/ipAddresses/1", not an address'],
    ['{"ipAddresses": [["101.2.3.4"]]}', '"faculty:x" has an array at "/ipAddresses/0", not an address'],
  ])("F-08: %s is refused whole", async (body, message) => {
    expect(await faultText(() => readFaculty(body, "faculty:x"))).toBe(`${message}\n  nothing was changed (exit 1)`);
  });
});

describe("any JSON document", () => {
  test("a list, or one text, at the pointer", () => {
    const body = JSON.stringify({ data: { "a/b": ["101.2.3.4", "2600::/16"], one: "105.6.7.8" } });
    expect(readJsonDocument(body, ["data", "a/b"], "json:x")).toEqual([
      { text: "101.2.3.4", at: "/data/a~1b/0" },
      { text: "2600::/16", at: "/data/a~1b/1" },
    ]);
    expect(texts(readJsonDocument(body, ["data", "one"], "json:x"))).toEqual(["105.6.7.8"]);
    expect(texts(readJsonDocument('["101.2.3.4"]', [], "json:x"))).toEqual(["101.2.3.4"]);
  });

  test("where the pointer leads nowhere, it is told how far it led", async () => {
    expect(await faultText(() => readJsonDocument('{"data": {}}', ["data", "ips"], "json:x"))).toBe(
      '"json:x" has no "ips" in "/data"\n  nothing was changed (exit 1)',
    );
  });
});

describe("a text file", () => {
  test("one address or block a line; comments, blank lines and line ends do not count", () => {
    const text = "# office\n203.0.113.7\r\n\n  198.51.100.0/24   # lab\n#192.0.2.1\n2001:db8::/32";
    expect(readTextFile(text)).toEqual([
      { text: "203.0.113.7", at: "line 2" },
      { text: "198.51.100.0/24", at: "line 4" },
      { text: "2001:db8::/32", at: "line 6" },
    ]);
  });

  test.each([
    ["101.2.3.4\n101.2.3.4 105.6.7.8", 'has "101.2.3.4 105.6.7.8" in line 2, which is neither an address nor a block'],
    ["101.2.3.4\nexample.com", 'has "example.com" in line 2, which is neither an address nor a block'],
    ["101.2.3", 'has "101.2.3" in line 1, which is neither an address nor a block'],
    ["101.2.3.4/33", 'has "101.2.3.4/33" in line 1, which is neither an address nor a block'],
    ["010.1.2.3", 'has "010.1.2.3" in line 1, which is neither an address nor a block'],
    ["fe80::1%eth0", 'has "fe80::1%eth0" in line 1, which is neither an address nor a block'],
  ])("%j is refused whole, with its line", async (text, message) => {
    expect(await faultText(() => checkEntries(readTextFile(text), "file:l"))).toBe(
      `"file:l" ${message}\n  nothing was changed; --skip-invalid passes over what is not an address (exit 1)`,
    );
  });

  test("bits behind the mask are refused, with both things that may be meant", async () => {
    expect(await faultText(() => checkEntries(readTextFile("101.2.3.4/16"), "file:l"))).toBe(
      '"file:l" has "101.2.3.4/16" in line 1, which is neither an address nor a block\n' +
        '  nothing was changed; write "101.2.0.0/16" for the network, or "101.2.3.4/32" for the one address (exit 1)',
    );
  });

  test("who permits it gets the rest", () => {
    expect(checkEntries(readTextFile("101.2.3.4\nexample.com"), "file:l", true)).toEqual(["101.2.3.4/32"]);
  });
});

describe("AWS's published ranges", () => {
  const ranges = (service: string, region: string, ...prefixes: string[]) =>
    prefixes.map((prefix) => ({
      [prefix.includes(":") ? "ipv6_prefix" : "ip_prefix"]: prefix,
      region,
      service,
      network_border_group: region,
    }));
  const document = JSON.stringify({
    syncToken: "1700000000",
    createDate: "2023-11-14-22-13-20",
    prefixes: [
      ...ranges("AMAZON", "eu-west-1", "3.5.64.0/21", "3.5.72.0/23", "52.92.0.0/17"),
      ...ranges("S3", "eu-west-1", "3.5.64.0/22", "3.5.68.0/22", "3.5.65.0/24", "52.92.0.0/17"),
      ...ranges("S3", "us-east-1", "16.15.176.0/20"),
      ...ranges("ROUTE53_HEALTHCHECKS", "us-east-1", "15.177.0.0/18"),
    ],
    ipv6_prefixes: ranges("S3", "eu-west-1", "2a05:d07a:8000::/40"),
  });

  test("of one service and region, merged into the fewest blocks that hold the same addresses", () => {
    expect(texts(readAwsRanges(document, { service: "s3", region: "EU-WEST-1" }, "aws:s3"))).toEqual([
      "3.5.64.0/21",
      "52.92.0.0/17",
      "2a05:d07a:8000::/40",
    ]);
  });

  test("of every region where none is named", () => {
    expect(texts(readAwsRanges(document, { service: "S3" }, "aws:S3"))).toContain("16.15.176.0/20");
  });

  test.each([
    [{ service: "S4" }, '"aws:x": AWS lists no service "S4"\n  did you mean "S3"? (exit 1)'],
    [{ service: "GLACIER" }, '"aws:x": AWS lists no service "GLACIER"\n  nothing was changed (exit 1)'],
    [
      { service: "S3", region: "eu-west-2" },
      '"aws:x": AWS lists no region "eu-west-2"\n  did you mean "eu-west-1"? (exit 1)',
    ],
    [
      { service: "ROUTE53_HEALTHCHECKS", region: "eu-west-1" },
      '"aws:x": AWS lists no addresses of ROUTE53_HEALTHCHECKS in eu-west-1\n  nothing was changed (exit 1)',
    ],
  ])("%j is a misspelling, not an empty list", async (filter, text) => {
    expect(await faultText(() => readAwsRanges(document, filter, "aws:x"))).toBe(text);
  });

  test.each([
    ['{"prefixes": []}', '"aws:x" has no "ipv6_prefixes"'],
    ['{"prefixes": {}, "ipv6_prefixes": []}', '"aws:x" has an object at "/prefixes", not a list of addresses'],
    [
      '{"prefixes": [{"region": "x", "service": "S3"}], "ipv6_prefixes": []}',
      '"aws:x" has no "ip_prefix" in "/prefixes/0"',
    ],
    [
      '{"prefixes": [{"ip_prefix": 7}], "ipv6_prefixes": []}',
      '"aws:x" has a number at "/prefixes/0/ip_prefix", not an address',
    ],
  ])("%s is refused whole", async (body, message) => {
    expect(await faultText(() => readAwsRanges(body, { service: "S3" }, "aws:x"))).toBe(
      `${message}\n  nothing was changed (exit 1)`,
    );
  });
});
