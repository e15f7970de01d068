/** What the page makes of what the API answers, without a browser. */
import { describe, expect, test } from "vitest";
import { connectCommands } from "../../../gateway/page/app/commands.js";
import { forwardItem, readMachines, readUsage, readWho } from "../../../gateway/page/app/documents.js";
import { type ForwardItem, filterMachines, machinesOf, summary } from "../../../gateway/page/app/model.js";
import { type Field, newForward, usualPort } from "../../../gateway/page/app/new-forward.js";
import { bars, path } from "../../../gateway/page/app/sparkline.js";
import { ago, ahead, bytes, span } from "../../../page/app/format.js";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const MINUTE = 60_000;

describe("commands", () => {
  const door = {
    origin: "https://gw",
    gateway: "198.51.100.1",
    connPort: 50007,
    protocol: "tcp",
    targetPort: 22,
    targetName: "b",
  } as const;
  const texts = (more: Partial<Parameters<typeof connectCommands>[0]>) =>
    connectCommands({ ...door, ...more }).map(({ text }) => text);
  test.each([
    [{}, "ssh -p 50007 USER@198.51.100.1"],
    [{ gateway: "2001:db8::1" }, "ssh -p 50007 USER@2001:db8::1"],
    [{ gateway: "2001:db8::1" }, "scp -P 50007 FILE USER@[2001:db8::1]:"],
    [{ targetPort: 3389 }, "mstsc /v:198.51.100.1:50007"],
    [{ targetPort: 3389, gateway: "2001:db8::1" }, "xfreerdp /v:[2001:db8::1]:50007"],
    [{ targetPort: 8080 }, "https://198.51.100.1:50007/"],
    [{ targetPort: 7543 }, "sallyport connect --gateway https://gw --name b --protocol console --conn-port 50007"],
    [{ targetPort: 5900 }, "vncviewer 198.51.100.1::50007"],
    [{ targetPort: 5900, gateway: "2001:db8::1" }, "vncviewer [2001:db8::1]::50007"],
    [{ targetPort: 53, protocol: "udp" as const }, "nc -u 198.51.100.1 50007"],
    [{ targetPort: 22, protocol: "udp" as const }, "nc -u 198.51.100.1 50007"],
    [{ targetPort: 5432 }, "nc 198.51.100.1 50007"],
    [
      { targetName: "my box (2)" },
      'sallyport connect --gateway https://gw --name "my box (2)" --protocol ssh --conn-port 50007',
    ],
    [
      { targetName: "$(id)'" },
      "sallyport connect --gateway https://gw --name '$(id)'\\''' --protocol ssh --conn-port 50007",
    ],
  ])("%j is reached by %s", (more, text) => expect(texts(more)).toContain(text));
});

describe("the bars of traffic", () => {
  test("hold every byte of the last hour, in two minutes each, and nothing older", () => {
    const minutes = Array.from({ length: 90 }, (_, index) => ({ minute: NOW - index * MINUTE, bytes: 1 }));
    const sums = bars(minutes, NOW);
    expect(sums).toHaveLength(30);
    // The newest two minutes have only begun.
    expect(sums.at(-1)).toBe(1);
    expect(sums.slice(0, -1)).toEqual(new Array(29).fill(2));
  });

  test("are drawn as high as the square root, never higher than the picture, and never as nothing", () => {
    expect(path([0, 1, 25, 100])).toBe("M0 24v-1h3v1zM4 24v-2.5h3v2.5zM8 24v-12h3v12zM12 24v-24h3v24z");
    expect(path([0, 0])).toBe("M0 24v-1h3v1zM4 24v-1h3v1z");
  });
});

describe("words", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [1_540, "1.5 kB"],
    [12_345_678, "12 MB"],
    [999_999_999, "1 GB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (count, text) => expect(bytes(count)).toBe(text));

  test("times", () => {
    expect(span(59_999)).toBe("less than a minute");
    expect(span(MINUTE)).toBe("1 minute");
    expect(span(49 * 3_600_000)).toBe("2 days");
    expect(ago(NOW - 1, NOW)).toBe("just now");
    expect(ago(NOW - 3_600_000, NOW)).toBe("1 hour ago");
    expect(ahead(NOW, NOW)).toBe("now");
    expect(ahead(NOW + 7_200_000, NOW)).toBe("in 2 hours");
  });
});

describe("machines", () => {
  const forward = (connPort: number, targetName: string, more: Partial<ForwardItem> = {}): ForwardItem => ({
    id: String(connPort),
    connPort,
    protocol: "tcp",
    targetAddr: "192.168.1.11",
    targetPort: 22,
    targetName,
    targetComponent: "CentOS",
    owner: "ada",
    sources: [],
    gateway: "gw",
    admitsYou: true,
    minutes: [],
    ...more,
  });
  const machines = machinesOf(
    [
      forward(50002, "b10"),
      forward(50001, "b9"),
      forward(50000, "b10", { targetPort: 443 }),
      forward(50003, "b10", { targetAddr: "192.168.1.12" }),
    ],
    [
      { name: "b10", addr: "192.168.1.11", component: "CentOS", routable: true, lastSeen: NOW },
      { name: "b9", addr: "192.168.1.11", component: "CentOS", routable: true, lastSeen: NOW },
      { name: "nas", addr: "192.168.1.30", component: "machine", routable: false },
    ],
  );

  test("come by name and address, their forwards by port, each with what is known of it", () => {
    expect(machines.map(({ name, addr, routable }) => [name, addr, routable])).toEqual([
      ["b9", "192.168.1.11", true],
      ["b10", "192.168.1.11", true],
      ["b10", "192.168.1.12", null],
      ["nas", "192.168.1.30", false],
    ]);
    expect(machines[1]?.forwards.map(({ connPort }) => connPort)).toEqual([50000, 50002]);
    expect(summary(machines)).toBe("4 machines, 2 alive, 1 not looked at yet, 4 forwards");
    expect(summary([])).toBe("");
  });

  test("G-08: before the first sweep, none is called dead by a count of 0", () => {
    expect(summary(machines.map((machine) => ({ ...machine, routable: null })))).toBe(
      "4 machines, 4 not looked at yet, 4 forwards",
    );
  });

  test.each([
    ["", [50001, 50000, 50002, 50003, "nas"]],
    ["NAS 1.30", ["nas"]],
    ["nas 50000", []],
    ["B10", [50000, 50002, 50003]],
    ["b10 443", [50000]],
    ["ada 1.12", [50003]],
    ["centos nothing", []],
  ])('the filter "%s" leaves %j', (text, ports) => {
    const left = filterMachines(machines, text).flatMap(({ name, forwards }): (string | number)[] =>
      forwards.length === 0 ? [name] : forwards.map(({ connPort }) => connPort),
    );
    expect(left).toEqual(ports);
  });
});

test("answers of the API become times and items", () => {
  const traffic = { packets: 1, bytes: 7, connections: 1 };
  const at = "2026-01-31T12:00:00.000Z";
  const usage = readUsage({
    since: at,
    used: [{ forward_id: "f", conn_port: 50000, owner: "ada", ...traffic, first_used: at, last_used: at }],
    samples: [{ forward_id: "f", conn_port: 50000, minute: at, ...traffic }],
  });
  const none = { minutes: new Map(), lastUsed: new Map() };
  const document = {
    id: "f",
    conn_port: 50000,
    protocol: "tcp" as const,
    target_addr: "192.168.1.11",
    target_port: 22,
    target_name: "b",
    target_component: "c",
    owner: "ada",
    sources: [],
    gateway_address: "gw",
    created_at: at,
    expires_at: at,
  };
  const item = (lately: typeof usage, long: typeof usage, more = {}) =>
    forwardItem({ ...document, ...more }, { lately, long, host: "gw.example" });
  expect(item(usage, none)).toMatchObject({
    gateway: "gw",
    lastUsed: NOW,
    expiresAt: NOW,
    minutes: [{ minute: NOW, bytes: 7 }],
  });
  expect(item(none, none, { gateway_address: undefined })).toMatchObject({ gateway: "gw.example" });
  expect(item(none, usage)).toMatchObject({ lastUsed: NOW, minutes: [] });
  expect(item(none, none)).not.toHaveProperty("lastUsed");
  const defaults = { sources: "caller", expires_in: 28_800 };
  const who = { user: "ada", scopes: ["read"], expires_at: at, address: "198.51.100.7", forward_defaults: defaults };
  expect(readWho(who)).toEqual({
    name: "ada",
    scopes: ["read"],
    expiresAt: NOW,
    address: "198.51.100.7",
    usual: { sources: "caller", seconds: 28_800 },
  });
  expect(
    readMachines({
      machines: [{ name: "b", addr: "a", component: "c", routable: null, last_seen: at, conn_ports: [] }],
    }),
  ).toEqual([{ name: "b", addr: "a", component: "c", routable: null, lastSeen: NOW }]);
});

describe("G-07, G-08: a new forward", () => {
  const fields = (values: Partial<Record<Field, string>>) => {
    const all: Partial<Record<Field, string>> = {
      target_name: "m",
      target_addr: "a",
      target_port: "22",
      protocol: "tcp",
      ...values,
    };
    return newForward((field) => all[field] ?? "");
  };
  const target = { target_name: "m", target_addr: "a", target_port: 22, target_component: "machine", protocol: "tcp" };

  test.each([
    [{}, target],
    [{ target_port: "3389" }, { ...target, target_port: 3389, target_component: "Windows" }],
    [{ target_component: "OneFS" }, { ...target, target_component: "OneFS" }],
    [{ target_port: "ssh" }, { ...target, target_port: "ssh" }],
    [
      { expires_in: "3600", conn_port: "50007" },
      { ...target, expires_in: 3_600, conn_port: 50_007 },
    ],
    [
      { expires_in: "never", sources: " Anywhere " },
      { ...target, expires_in: null, sources: [] },
    ],
    [{ sources: "198.51.100.7, 10.0.0.0/8" }, { ...target, sources: ["198.51.100.7", "10.0.0.0/8"] }],
  ])("%j", (values, body) => expect(fields(values)).toEqual(body));

  test("the type suggests the port", () => {
    expect(["Windows", " centos", "OneFS", "", "toaster"].map(usualPort)).toEqual([
      3389,
      22,
      8080,
      undefined,
      undefined,
    ]);
  });
});
