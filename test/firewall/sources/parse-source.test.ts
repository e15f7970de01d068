import { describe, expect, test } from "vitest";
import { formatMark } from "../../../firewall/security-group/mark.js";
import { ownerOf } from "../../../firewall/sources/owner.js";
import { parseSource } from "../../../firewall/sources/parse-source.js";
import { faultText } from "../../support/fault-text.js";

test.each([
  ["faculty:https://x.my.faculty.ai", { kind: "faculty", url: "https://x.my.faculty.ai/api/cluster/ip-addresses" }],
  ["faculty:example", { kind: "faculty", url: "https://example.my.faculty.ai/api/cluster/ip-addresses" }],
  ["faculty:https://a.example/v2/ips", { kind: "faculty", url: "https://a.example/v2/ips" }],
  [
    "json:https://a.example/l.json#/data/ips",
    { kind: "json", url: "https://a.example/l.json", pointer: ["data", "ips"] },
  ],
  ["json:https://a.example/l.json", { kind: "json", url: "https://a.example/l.json", pointer: [] }],
  ["json:./list.json#/a~1b/0", { kind: "json", path: "./list.json", pointer: ["a/b", "0"] }],
  ["json:http://127.0.0.1:8080/l#/x", { kind: "json", url: "http://127.0.0.1:8080/l", pointer: ["x"] }],
  ["json:http://[::1]:8080/l", { kind: "json", url: "http://[::1]:8080/l" }],
  ["file:/etc/allowed.txt", { kind: "file", path: "/etc/allowed.txt" }],
  ["file:a:b#c", { kind: "file", path: "a:b#c" }],
  ["dns:office.example.com", { kind: "dns", host: "office.example.com" }],
  ["dns:_office.example.com.", { kind: "dns", host: "_office.example.com." }],
  ["aws:S3", { kind: "aws", service: "S3" }],
  ["aws:EC2/eu-west-1", { kind: "aws", service: "EC2", region: "eu-west-1" }],
  ["caller", { kind: "caller" }],
])("%s", (text, source) => {
  expect(parseSource(text)).toMatchObject(source);
});

test("messages call a source as the user did, without what may be secret", () => {
  expect(parseSource("json:https://a.example/l.json?key=s3cret#/x").name).toBe("json:https://a.example/l.json?...#/x");
});

describe("what is no source gets one clear line and what to write instead", () => {
  test.each([
    [
      "facultie:https://x.example",
      '"facultie:https://x.example" is no source of addresses\n  did you mean "faculty:https://x.example"? (exit 2)',
    ],
    [
      "https://x.example/l.json",
      '"https://x.example/l.json" is no source of addresses\n  did you mean "json:https://x.example/l.json"? (exit 2)',
    ],
    [
      "https://x.example/api/cluster/ip-addresses",
      '"https://x.example/api/cluster/ip-addresses" is no source of addresses\n  did you mean "faculty:https://x.example/api/cluster/ip-addresses"? (exit 2)',
    ],
    ["caler", '"caler" is no source of addresses\n  did you mean "caller"? (exit 2)'],
    ["file:", '"file:" does not say where the addresses are\n  write for example "file:allowed.txt" (exit 2)'],
    [
      "aws:",
      '"aws:" does not say where the addresses are\n  write for example "aws:ROUTE53_HEALTHCHECKS/us-east-1" (exit 2)',
    ],
    [
      "aws:S3/",
      '"aws:S3/" does not say where the addresses are\n  write for example "aws:ROUTE53_HEALTHCHECKS/us-east-1" (exit 2)',
    ],
    ["dns:203.0.113.7", '"dns:203.0.113.7" is not a DNS name\n  write for example "dns:office.example.com" (exit 2)'],
    ["dns:a..b", '"dns:a..b" is not a DNS name\n  write for example "dns:office.example.com" (exit 2)'],
    ["dns:-x.example", '"dns:-x.example" is not a DNS name\n  write for example "dns:office.example.com" (exit 2)'],
    [
      "json:http://example.com/l.json",
      '"json:http://example.com/l.json" has no https URL\n  plain http is accepted for 127.0.0.1, [::1] and localhost only (exit 2)',
    ],
    [
      "json:ftp://example.com/l",
      '"json:ftp://example.com/l" has no https URL\n  plain http is accepted for 127.0.0.1, [::1] and localhost only (exit 2)',
    ],
    [
      "json:l.json#data",
      '"data" in "json:l.json#data" is not a JSON pointer\n  it begins with "/", as in "#/data/addresses"; "~" is written "~0", and "/" within a key "~1" (exit 2)',
    ],
    [
      "faculty:https://me:s3cret@x.example",
      '"faculty:https://x.example/" has a user in its URL, and every process of this machine could read the password\n  put user:password into a file of mode 0600 and name it with --basic-file, or set SALLYPORT_SOURCE_BASIC (exit 2)',
    ],
  ])("%s", async (text, fault) => {
    expect(await faultText(() => parseSource(text))).toBe(fault);
  });

  test("and whoever guesses sees every form", async () => {
    expect(await faultText(() => parseSource("sheet"))).toMatchInlineSnapshot(`
      ""sheet" is no source of addresses
        write one of
      faculty:https://example.my.faculty.ai
      json:https://example.com/list.json#/addresses
      file:allowed.txt
      dns:office.example.com
      aws:ROUTE53_HEALTHCHECKS/us-east-1
      caller (exit 2)"
    `);
  });
});

describe("the owner where none is named", () => {
  test.each([
    ["faculty:example", "example.my.faculty.ai"],
    ["json:https://api.github.com/meta#/hooks", "api.github.com.hooks"],
    ["json:https://127.0.0.1:8443/l", "127.0.0.1-8443"],
    ["json:l.json#/x", "ada.laptop.l.json"],
    ["file:/etc/allowed.txt", "ada.laptop.-etc-allowed.txt"],
    ["dns:office.example.com.", "office.example.com"],
    ["aws:S3/eu-west-1", "aws.s3.eu-west-1"],
    ["caller", "caller.ada.laptop"],
  ])("%s → %s", (text, owner) => {
    expect(ownerOf(parseSource(text), "ada.laptop")).toBe(owner);
    expect(formatMark({ owner })).toBe(`sallyport:${owner}`);
  });

  test("two places in one document have two owners", () => {
    const owners = ["#/hooks", "#/web"].map((at) => ownerOf(parseSource(`json:https://api.github.com/meta${at}`), "x"));
    expect(new Set(owners).size).toBe(2);
  });

  test("however long and odd the source, EC2 takes it as a description", () => {
    const source = parseSource(`file:/${"x".repeat(300)}/ünïcode list?.txt`);
    expect(formatMark({ owner: ownerOf(source, "ada@laptop") })).toMatch(/^sallyport:x+-n-code-list-.txt$/);
  });
});
