import { expect, test } from "vitest";
import { frontHosts, hostOf } from "../../../gateway/auth/front-hosts.js";
import { Cidr } from "../../../net/cidr.js";

const trusted = [Cidr.parse("10.0.0.0/8")];
const front = { peer: "10.0.0.1", forwardedHost: undefined, trusted, vlabHost: hostOf("") };

test.each([
  ["nothing is in front", front, []],
  ["a trusted proxy names the host", { ...front, forwardedHost: "evil, gw.example" }, ["gw.example"]],
  ["a stranger names one", { ...front, peer: "192.0.2.1", forwardedHost: "evil" }, []],
  ["a vLab is in front", { ...front, vlabHost: hostOf("https://vlab.example:1/x") }, ["vlab.example:1"]],
])("T-18: %s", (_title, given, hosts) => {
  expect(frontHosts(given)).toEqual(hosts);
});
