import { describe, expect, it } from "vitest";
import { Fault } from "../../../base/fault.js";
import { readOptions } from "../../../firewall/options/read-options.js";
import type { FirewallOptions } from "../../../firewall/options/schema.js";

/** As somebody may write them, whatever the types say. */
const read = (options: Record<string, unknown>, origins: Record<string, string> = {}) =>
  readOptions(options as FirewallOptions, origins);

function refusal(options: Record<string, unknown>, origins: Record<string, string> = {}): string {
  try {
    read(options, origins);
  } catch (error) {
    if (error instanceof Fault) return `${error.message}\n${error.hint ?? ""}`.trim();
    throw error;
  }
  return "accepted";
}

describe("readOptions refuses", () => {
  it.each<[what: string, options: Record<string, unknown>, said: string]>([
    [
      "a misspelt option (T3)",
      { enabled_public_ssh: false },
      'unknown option "enabled_public_ssh"\ndid you mean "enable_public_ssh"?',
    ],
    [
      "an option that is like no other",
      { open_sesame: true },
      'unknown option "open_sesame"\ndocs/reference/firewall.md lists every option',
    ],
    [
      "a misspelt key of firewall",
      { firewall: { port: [1], cidr: "10.0.0.0/8" } },
      'unknown option "firewall.port"\ndid you mean "ports"?',
    ],
    [
      "a misspelt key of an entry",
      { ingress: [{ ports: [1], cdir: "10.0.0.0/8" }] },
      'unknown option "ingress[0].cdir"\ndid you mean "cidr"?',
    ],
    [
      "a firewall without cidr",
      { firewall: { ports: [100] } },
      'firewall has no cidr\nwrite for example { ports: [8443], cidr: "203.0.113.0/24" }',
    ],
    [
      "a firewall without ports",
      { firewall: { cidr: "10.0.0.0/8" } },
      'firewall has no ports\nwrite for example { ports: [8443], cidr: "203.0.113.0/24" }',
    ],
    [
      "a firewall that is a list",
      { firewall: [100] },
      'firewall is [100]\nit must have ports and a cidr, such as { ports: [8443], cidr: "203.0.113.0/24" }',
    ],
    ["an unknown profile", { profile: "spark" }, 'profile is "spark"\nit must be "http" or "dask"'],
    ["a flag in words", { enable_public_ssh: "no" }, 'enable_public_ssh is "no"\nit must be true or false'],
    ["a flag as null", { disable_public_ingress: null }, "disable_public_ingress is null\nit must be true or false"],
    [
      "one port instead of a list",
      { allow_ports: 22 },
      "allow_ports is 22\nit must be a list of ports such as [80, 443]",
    ],
    ["a port in quotes", { allow_ports: ["22"] }, 'allow_ports[0] is "22"\nit must be a port from 1 to 65535'],
    [
      "port 0",
      { firewall: { ports: [80, 0], cidr: "10.0.0.0/8" } },
      "firewall.ports[1] is 0\nit must be a port from 1 to 65535",
    ],
    [
      "port 65536",
      { ingress: [{ ports: [65536], cidr: "10.0.0.0/8" }] },
      "ingress[0].ports[0] is 65536\nit must be a port from 1 to 65535",
    ],
    ["half a port", { http_ports: [80.5] }, "http_ports[0] is 80.5\nit must be a port from 1 to 65535"],
    [
      "an address that the old pattern took",
      { firewall: { ports: [1], cidr: "999.1.1.1/99" } },
      '"999.1.1.1/99" is not an IP address\nwrite an address such as "203.0.113.7" or "2001:db8::7"',
    ],
    [
      "a block without a mask",
      { firewall: { ports: [1], cidr: "10.1.0.2" } },
      '"10.1.0.2" has no mask\nwrite "10.1.0.2/32"',
    ],
    [
      "everybody in the clothes of one address",
      { firewall: { ports: [1], cidr: "203.0.113.7/0" } },
      '"203.0.113.7/0" has bits set outside its mask\nwrite "0.0.0.0/0" for the network, or "203.0.113.7/32" for the one address',
    ],
    [
      "an entry without a source",
      { ingress: [{ ports: [1] }] },
      'ingress[0] has no cidr, prefix_list or security_group\nwrite for example { ports: [443], cidr: "203.0.113.0/24" }',
    ],
    [
      "an entry without ports",
      { ingress: [{ cidr: "10.0.0.0/8" }] },
      'ingress[0] has no ports\nwrite for example { ports: [443], cidr: "203.0.113.0/24" }',
    ],
    [
      "an entry with two sources",
      { ingress: [{ ports: [1], cidr: "10.0.0.0/8", prefix_list: "pl-0123456789abcdef0" }] },
      "ingress[0] has cidr and prefix_list\nan entry has one source: write an entry for each",
    ],
    [
      "a prefix list that is none",
      { ingress: [{ ports: [1], prefix_list: "office" }] },
      'ingress[0].prefix_list is "office"\nit must be the id of a prefix list such as "pl-0123456789abcdef0"',
    ],
    [
      "a group that is none",
      { ingress: [{ ports: [1], security_group: "default" }] },
      'ingress[0].security_group is "default"\nit must be the id of a security group such as "sg-0123456789abcdef0"',
    ],
    [
      "a maximum for what is no list",
      { ingress: [{ ports: [1], cidr: "10.0.0.0/8", max_entries: 5 }] },
      "ingress[0].max_entries is 5\nit must be the number of entries that a prefix_list may have, from 1 to 1000",
    ],
    [
      "firewall beside ingress (T4)",
      { firewall: { ports: [], cidr: "10.0.0.0/8" }, ingress: [] },
      'ingress and firewall are both given\n"ingress" is the whole list, to which no other option adds: keep one of the two',
    ],
    [
      "a public flag beside ingress",
      { enable_public_ssh: true, ingress: [] },
      'ingress and enable_public_ssh are both given\n"ingress" is the whole list, to which no other option adds: keep one of the two',
    ],
  ])("%s", (_what, options, said) => {
    expect(refusal(options)).toBe(said);
  });

  it("with the place of what is wrong, as near as it is known", () => {
    const origins = {
      firewall: "sallyport.yaml:7:3",
      "firewall.ports": "sallyport.yaml:8:5",
      ingress: "user.yaml:1:1",
    };
    expect(refusal({ firewall: { ports: [0], cidr: "10.0.0.0/8" } }, origins)).toMatch(
      /^sallyport.yaml:8:5: firewall.ports\[0\] is 0/,
    );
    expect(refusal({ firewall: { ports: [] } }, origins)).toMatch(/^sallyport.yaml:7:3: firewall has no cidr/);
    expect(refusal({ firewall: { ports: [], cidr: "10.0.0.0/8" }, ingress: [] }, origins)).toMatch(
      /^user.yaml:1:1: ingress and firewall \(sallyport.yaml:7:3\) are both given/,
    );
  });
});

describe("readOptions accepts", () => {
  it("a flag that is false beside ingress, to which it adds nothing", () => {
    expect(refusal({ enable_public_ssh: false, enable_public_http: false, ingress: [], firewall: {} })).toBe(
      "accepted",
    );
  });

  it("a Terraform reference in the place of an id", () => {
    expect(refusal({ ingress: [{ ports: [1], prefix_list: `\${aws_ec2_managed_prefix_list.office.id}` }] })).toBe(
      "accepted",
    );
  });

  it("a group of a peered account", () => {
    expect(refusal({ ingress: [{ ports: [1], security_group: "123456789012/sg-0123456789abcdef0" }] })).toBe(
      "accepted",
    );
  });
});

describe("readOptions warns", () => {
  it("when a block had to be rounded, naming both (T2)", () => {
    const origins = { "firewall.cidr": "sallyport.yaml:9:5" };
    const { warnings, firewall } = read({ firewall: { ports: [100], cidr: "10.1.0.2/16" } }, origins);
    expect(firewall?.cidr.toString()).toBe("10.1.0.0/16");
    expect(warnings).toEqual([
      'sallyport.yaml:9:5: firewall.cidr "10.1.0.2/16" has bits set outside its mask /16: read as "10.1.0.0/16"',
    ]);
  });

  it("about an entry that opens nothing", () => {
    expect(read({ ingress: [{ ports: [], cidr: "10.0.0.0/8" }] }).warnings).toEqual([
      "ingress[0].ports is empty: the entry opens nothing",
    ]);
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { profile: "dask", allow_ports: [22] },
      'allow_ports opens nothing, since profile dask has no callers; write "caller: auto" to let the callers in',
    ],
    [
      { ingress: [], allow_ports: [22] },
      'allow_ports opens nothing, since ingress is the whole list; write "caller: auto" to let the callers in',
    ],
  ])("about allow_ports where no caller is let in: %j", (options, warning) => {
    expect(read(options).warnings).toEqual([warning]);
  });
});

describe("needsCaller", () => {
  it.each<[boolean, FirewallOptions]>([
    [true, {}],
    [true, { enable_public_http: true }],
    [true, { profile: "dask", caller: "auto" }],
    [true, { ingress: [], caller: ["203.0.113.7"] }],
    [false, { profile: "dask" }],
    [false, { ingress: [] }],
    [false, { allow_ports: [] }],
    [false, { disable_public_ingress: true }],
  ])("is %s for %j", (needs, options) => {
    expect(readOptions(options).needsCaller).toBe(needs);
  });
});
