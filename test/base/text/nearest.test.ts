import { describe, expect, test } from "vitest";
import { nearest, snakeCase } from "../../../base/text/nearest.js";

describe("the suggestion for a misspelt word", () => {
  const words = ["region", "count", "allow_ports", "ssl_cert_crt", "ssl_cert_key"];
  test.each<[string, string | undefined, string]>([
    ["regoin", "region", "two letters swapped"],
    ["regio", "region", "a letter missing"],
    ["regiion", "region", "a letter too many"],
    ["allow_port", "allow_ports", "singular"],
    ["ssl_cert_crr", "ssl_cert_crt", "the nearer of two"],
    ["xyz", undefined, "nothing near"],
    ["c", undefined, "too short to say"],
    ["", undefined, "nothing at all"],
  ])("%j means %j: %s", (typed, meant) => {
    expect(nearest(typed, words)).toBe(meant);
  });

  test.each([
    ["allowPorts", "allow_ports"],
    ["sslCertCrt", "ssl_cert_crt"],
    ["ALLOW-PORTS", "allow_ports"],
    ["vpcID", "vpc_id"],
  ])("%j in the file's spelling is %j", (typed, snake) => {
    expect(snakeCase(typed)).toBe(snake);
  });
});
