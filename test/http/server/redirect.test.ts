import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { redirectHost } from "../../../http/server/redirect.js";
import { makeCertificate } from "../../agent/support/certificate.js";

const wildcard = new X509Certificate(makeCertificate("DNS:*").cert);
const named = new X509Certificate(makeCertificate("DNS:files.example.org,DNS:*.lab.example.org").cert);

test.each([
  ["198.51.100.7", "198.51.100.7"],
  ["198.51.100.7:80", "198.51.100.7"],
  ["[2001:db8::1]:80", "[2001:db8::1]"],
  ["ec2-198-51-100-7.compute-1.amazonaws.com", "ec2-198-51-100-7.compute-1.amazonaws.com"],
  ["Host.Example:80", "host.example"],
])("a wildcard certificate answers to any well-formed host: %s", (host, expected) => {
  expect(redirectHost(host, wildcard, "10.0.0.1")).toBe(expected);
});

test.each([
  ["files.example.org", "files.example.org"],
  ["a.lab.example.org", "a.lab.example.org"],
  ["evil.example", "10.0.0.1"],
  ["files.example.org.evil.example", "10.0.0.1"],
])("a certificate with names answers to these: %s → %s", (host, expected) => {
  expect(redirectHost(host, named, "10.0.0.1")).toBe(expected);
});

test.each([
  undefined,
  "",
  "evil.example/path",
  "user@evil.example",
  "evil.example\\",
  "evil.example#",
  "evil.example?x",
  "evil example",
  "-evil.example",
  "evil..example",
  "[::1",
  "[evil]",
  "host:port",
  "host:1:2",
  "%65vil.example",
  "évil.example",
])("what is no host leads to the address that was connected to: %j", (host) => {
  expect(redirectHost(host, wildcard, "10.0.0.1")).toBe("10.0.0.1");
});

test("that address is written as a URL wants it", () => {
  expect(redirectHost("", wildcard, "::ffff:10.0.0.1")).toBe("10.0.0.1");
  expect(redirectHost("", wildcard, "2001:db8::1")).toBe("[2001:db8::1]");
});
