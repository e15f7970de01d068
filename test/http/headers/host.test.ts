import { expect, test } from "vitest";
import { hostsIn, isHost } from "../../../http/headers/host.js";

test.each([
  "h",
  "h:80",
  "h:",
  "a.example",
  "a_b.example",
  "192.0.2.1:8443",
  "[2001:db8::1]",
  "[::1]:443",
  "xn--bcher-kva",
  "",
])("T-12: %j is a host", (value) => {
  expect(isHost(value)).toBe(true);
});

test.each([
  "a b",
  "a, b",
  "a,b",
  "u@h",
  "u:p@h",
  "h/p",
  "h?q",
  "h#f",
  "h\\p",
  "http://h",
  "h:80:80",
  "h:8x",
  "h:65536",
  "h:-1",
  ":80",
  "[::1",
  "::1",
  "[v1.x]",
  "[::1]x",
  "[1.2.3.4]",
  "h%",
  "h%zz",
  "h\t",
  "h<",
  'h"',
  "b\xfccher",
])("T-12: %j is no host", (value) => {
  expect(isHost(value)).toBe(false);
});

test.each(["a.example", "192.0.2.1", "[2001:db8::1]"])(
  "T-12: %s is a host with any port, and none with more",
  (host) => {
    for (const port of ["", ":", ":0", ":65535"]) expect(isHost(host + port)).toBe(true);
    for (const wrong of [`u@${host}`, `${host}/`, `${host} `, ` ${host}`, `${host},${host}`, `${host}:65536`]) {
      expect([wrong, isHost(wrong)]).toEqual([wrong, false]);
    }
  },
);

test("T-12: every Host header counts, however it is spelt", () => {
  expect(hostsIn(["Host", "a", "X", "host", "HOST", "b", "Hosts", "c"])).toEqual(["a", "b"]);
});
