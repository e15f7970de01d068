/** A gateway whose interfaces are not there, or have no address, is not ready, and says why. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkInterface, gatewayAddress, type MachineInterfaces, THIS_MACHINE } from "../../gateway/interfaces.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "./support/gateway.js";

type Addresses = ReturnType<MachineInterfaces["addresses"]>;

const entry = (address: string) =>
  ({ address, family: address.includes(":") ? "IPv6" : "IPv4" }) as NonNullable<Addresses[string]>[number];
const machine = (names: readonly string[], ...wan: string[]): MachineInterfaces => ({
  names: async () => names,
  addresses: () => (wan.length === 0 ? {} : { wan0: wan.map(entry) }),
});
const settings = { wan: "wan0", lan: "lan0" };
const reason = (key: "wan" | "lan", ...args: Parameters<typeof machine>) =>
  checkInterface(key, settings, machine(...args)).then(
    () => "",
    ({ message, hint }) => `${message} / ${hint}`,
  );

describe("G-02: an interface", () => {
  test("must be there", async () => {
    expect(await reason("lan", ["lo", "eth0"])).toBe(
      'lan is "lan0": this machine has no such interface / it has lo, eth0',
    );
    expect(await reason("lan", ["lo", "lan0"])).toBe("");
  });

  test.each([
    [[], true],
    [["fe80::1"], true],
    [["169.254.1.1"], true],
    [["198.51.100.1"], false],
    [["2001:db8::1"], false],
  ])("towards the clients must have an address that they can be told: %j", async (addresses, isRefused) => {
    const said = await reason("wan", ["wan0"], ...addresses);
    expect(said).toBe(
      isRefused
        ? 'wan is "wan0": this interface is down, or has no address for clients to connect to / bring it up and give it one, or write "public_address:"'
        : "",
    );
  });

  test("is found on this machine without an address, too", async () => {
    expect(await THIS_MACHINE.names()).toContain("lo");
  });
});

test.each([
  // configured, addresses of wan, target, answer
  [undefined, ["2001:db8::1", "198.51.100.1"], undefined, "198.51.100.1"],
  [undefined, ["2001:db8::1", "198.51.100.1"], "fd00:1::5", "2001:db8::1"],
  [undefined, ["2001:db8::1"], undefined, "2001:db8::1"],
  [undefined, ["2001:db8::1"], "192.168.1.5", undefined],
  [undefined, ["198.51.100.1"], "fd00:1::5", undefined],
  [undefined, [], "192.168.1.5", undefined],
  ["gw.example.com", [], "fd00:1::5", "gw.example.com"],
  ["203.0.113.7", ["198.51.100.1", "2001:db8::1"], "fd00:1::5", "2001:db8::1"],
  ["203.0.113.7", [], "fd00:1::5", "203.0.113.7"],
])("G-02: the address for clients: configured %s, wan has %j, to %s: %s", (configured, addresses, target, answer) => {
  const all = { ...settings, ...(configured === undefined ? {} : { public_address: configured }) };
  expect(gatewayAddress(all, target, machine(["wan0"], ...addresses))).toBe(answer);
});

describe("G-02: a gateway without its outer interface", () => {
  let gateway: TestGateway;
  let interfaces: MachineInterfaces = machine(["lo", "lan0"]);
  beforeAll(async () => {
    gateway = await startKernellessGateway({
      publicAddress: null,
      interfaces: { names: () => interfaces.names(), addresses: () => interfaces.addresses() },
    });
  });
  afterAll(() => gateway?.stop());

  const body = { target_addr: "192.168.1.5", target_port: 22, target_name: "m", target_component: "CentOS" };

  test("is not ready and says why; no forward is opened, by either API, until it is there", async () => {
    const token = await tokenOf("ada");
    expect(await gateway.ask("/readyz")).toMatchObject({
      status: 503,
      json: {
        ready: false,
        checks: { database: "ok", kernel: "ok", wan: "failed", lan: "ok" },
        reasons: { wan: 'wan is "wan0": this machine has no such interface' },
      },
    });
    for (const path of ["/v1/forwards", "/api/1/ipam/portmap"]) {
      const { status, text } = await gateway.ask(path, { method: "POST", token, body });
      expect([status, text]).toEqual([503, expect.stringContaining("the gateway has no address to connect to")]);
    }
    expect(await gateway.gateway.forwards.list()).toEqual([]);

    interfaces = machine(["lo", "wan0", "lan0"], "198.51.100.1");
    const opened = await gateway.ask("/v1/forwards", { method: "POST", token, body });
    expect(opened).toMatchObject({ status: 201, json: { gateway_address: "198.51.100.1" } });
    const ready = async () => (await gateway.ask("/readyz")).status;
    await expect.poll(ready).toBe(200);

    // What is open stays listed while the address is away.
    interfaces = machine(["lo", "lan0"]);
    const [listed] = (await gateway.ask("/v1/forwards", { token })).json.forwards;
    expect(listed).toMatchObject({ conn_port: 50_000 });
    expect(listed).not.toHaveProperty("gateway_address");
    expect((await gateway.ask("/api/1/ipam/portmap", { token })).json.content.gateway_ip).toBe("");
  });
});
