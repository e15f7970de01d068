import { describe, expect, test } from "vitest";
import {
  defaultDeviceIn,
  initialGateway,
  initialYaml,
  type MachineNetwork,
} from "../../../gateway/settings/initial.js";
import { parseConfig } from "../../../gateway/settings/parse.js";

const entry = (cidr: string, internal = false) =>
  ({ address: cidr.split("/")[0], cidr, internal, family: cidr.includes(":") ? "IPv6" : "IPv4" }) as never;
const LO = [entry("127.0.0.1/8", true)];
const machine = (interfaces: Record<string, string[]>, defaultDevice?: string): MachineNetwork => ({
  defaultDevice,
  interfaces: {
    lo: LO,
    ...Object.fromEntries(Object.entries(interfaces).map(([name, all]) => [name, all.map((cidr) => entry(cidr))])),
  },
});
const TWO = { eth0: ["2001:db8::1/64", "198.51.100.1/24"], eth1: ["fe80::1/64", "192.168.1.1/24", "fd00:1::1/64"] };
const request = { name: "lab", port: 443 };

describe("G-03: the first gateway.yaml", () => {
  test("comes from the machine: the default route, the other interface, its networks, its address", () => {
    expect(initialGateway(request, machine(TWO, "eth0"))).toEqual({
      name: "lab",
      wan: "eth0",
      lan: "eth1",
      lab: ["192.168.1.0/24", "fd00:1::/64"],
      address: "198.51.100.1",
      port: 443,
      url: "https://198.51.100.1",
    });
  });

  test("or from the flags", () => {
    const flags = { wan: "eth1", lan: "eth0", lab: ["10.0.0.0/8"], address: "2001:db8::7", port: 8443 };
    expect(initialGateway({ ...request, ...flags }, machine(TWO, "eth0"))).toMatchObject({
      ...flags,
      url: "https://[2001:db8::7]:8443",
    });
  });

  test.each([
    [
      {},
      machine(TWO),
      'which interface --wan is cannot be told: there is no default route / name one with "--wan NAME": eth0, eth1',
    ],
    [
      {},
      machine({ eth0: ["198.51.100.1/24"] }, "eth0"),
      'which interface --lan is cannot be told: there are 0 interfaces besides "eth0" / name one with "--lan NAME"',
    ],
    [
      { lan: "eth0" },
      machine(TWO, "eth0"),
      'which interface --lan is cannot be told: "eth0" is the interface towards the users / name one with "--lan NAME": eth1',
    ],
    [{ lan: "eth9" }, machine(TWO, "eth0"), '"eth9" has no address / name the lab\'s networks: "--lab 192.168.1.0/24"'],
    [
      { wan: "eth9", lan: "eth1" },
      machine(TWO),
      '"eth9" has no address / say where users connect: "--address 198.51.100.1"',
    ],
    [
      { lab: ["192.168.1.0"] },
      machine(TWO, "eth0"),
      '--lab has "192.168.1.0" / write a block such as "192.168.1.0/24"',
    ],
  ])("%j: says what cannot be told, and the flag for it", (flags, network, said) => {
    const text = (() => {
      try {
        return JSON.stringify(initialGateway({ ...request, ...flags }, network));
      } catch (error) {
        const { message, hint } = error as { message: string; hint: string };
        return `${message} / ${hint}`;
      }
    })();
    expect(text).toBe(said);
  });

  test("is valid, whatever the directory is called", () => {
    const gateway = initialGateway({ ...request, name: 'a "lab": #1' }, machine(TWO, "eth0"));
    const dir = '/srv/with space: and "quotes"';
    const yaml = initialYaml(gateway, { dir, cert: `${dir}/c`, key: `${dir}/k`, secret: `${dir}/s` });
    expect(parseConfig(yaml, "gateway.yaml")).toMatchObject({
      name: 'a "lab": #1',
      listen: { address: "::", https_port: 443 },
      tls: { cert: `${dir}/c`, key: `${dir}/k` },
      forwards: { sources: "caller", expires_seconds: 28_800 },
      database: `pglite:${dir}/db`,
      auth: { issuer: "https://198.51.100.1", key: `${dir}/s`, require_client_ip: true },
    });
  });

  test("the default route in /proc/net/route", () => {
    const head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT";
    const lan = "eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0";
    const wan = "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0";
    expect([defaultDeviceIn([head, lan, wan].join("\n")), defaultDeviceIn(head)]).toEqual(["eth0", undefined]);
  });
});
