import { expect, test } from "vitest";
import { connectionToEvict } from "../../../http/server/connection-to-evict.js";
import { callerOf, remoteOf } from "../../../http/server/remote.js";

const of = (names: string) => names.split(" ").map((name) => ({ name, caller: name.charAt(0) }));

test.each([
  ["a1", "a1"],
  ["a1 b1 b2", "b1"],
  ["a1 b1 b2 a2", "a1"],
  ["a1 b1 c1 b2 c2 c3", "c1"],
])("of %s, %s gives way", (waiting, gives) => {
  expect(connectionToEvict(of(waiting))?.name).toBe(gives);
});

test("without connections, none", () => {
  expect(connectionToEvict([])).toBeUndefined();
});

test.each([
  ["203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:0:0:ffff::", "2001:db8:0:0:ffff::", "2001:db8:0:0::/64"],
  ["::1", "::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80::1%eth0", "fe80:0:0:0::/64"],
])("%s is logged as %s and counted as %s", (remoteAddress, remote, caller) => {
  expect(remoteOf({ remoteAddress })).toBe(remote);
  expect(callerOf(remote)).toBe(caller);
});
