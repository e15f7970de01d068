import { describe, expect, it } from "vitest";
import { defined } from "../../../base/defined.js";
import type { FirewallOptions } from "../../../firewall/options/schema.js";
import { buildTable, type RuleTable, type TableContext, type TableRow } from "../../../firewall/options/table.js";
import { Cidr } from "../../../net/cidr.js";
import { printPorts, printSource } from "../../../net/ingress-rule.js";

const print = (rows: readonly TableRow[]): string[] =>
  rows.map(({ rule }) => `${rule.protocol} ${printPorts(rule)} ${printSource(rule.source)}`);

const caller = Cidr.host("203.0.113.7");
const dask = (options: FirewallOptions, context: Partial<TableContext> = {}): RuleTable =>
  buildTable({ profile: "dask", ...options }, { callers: [], ...context });

const F = { ports: [100, 9012, 465], cidr: "10.1.0.2/16" };
const from = (source: string, ...ports: number[]): string[] => ports.map((port) => `tcp ${port} ${source}`);

describe("the rows that the documentation of the four options prints", () => {
  it("enable_public_ssh: false leaves 8787 and 8786 to everybody (row 2)", () => {
    expect(print(dask({ enable_public_ssh: false }).rows)).toEqual(["tcp 8787 0.0.0.0/0", "tcp 8786 0.0.0.0/0"]);
  });

  it("disable_public_ingress: true leaves 8787, 8786 and 22 to the VPC (rows 5 to 8)", () => {
    expect(print(dask({ disable_public_ingress: true }).rows)).toEqual([
      "tcp 8787 <vpc-cidr>",
      "tcp 8786 <vpc-cidr>",
      "tcp 22 <vpc-cidr>",
    ]);
  });

  it("enable_public_ssh: false with a firewall opens 8787, 8786 and the listed ports to its block (row 10)", () => {
    expect(print(dask({ enable_public_ssh: false, firewall: F }).rows)).toEqual([
      "tcp 8787 10.1.0.0/16",
      "tcp 8786 10.1.0.0/16",
      "tcp 100 10.1.0.0/16",
      "tcp 9012 10.1.0.0/16",
      "tcp 465 10.1.0.0/16",
    ]);
  });
});

const [T, N] = [true, false];
const WORLD = "0.0.0.0/0";
const BLOCK = "10.1.0.0/16";
const V = "<vpc-cidr>";

describe("the sixteen combinations of the four options", () => {
  it.each<[row: number, ssh: boolean, http: boolean, disable: boolean, firewall: boolean, rows: string[]]>([
    [1, T, T, N, N, from(WORLD, 8787, 8786, 22)],
    [2, N, T, N, N, from(WORLD, 8787, 8786)],
    [3, T, N, N, N, from(WORLD, 22)],
    [4, N, N, N, N, []],
    [5, T, T, T, N, from(V, 8787, 8786, 22)],
    [6, N, T, T, N, from(V, 8787, 8786, 22)],
    [7, T, N, T, N, from(V, 8787, 8786, 22)],
    [8, N, N, T, N, from(V, 8787, 8786, 22)],
    [9, T, T, N, T, from(BLOCK, 8787, 8786, 22, 100, 9012, 465)],
    [10, N, T, N, T, from(BLOCK, 8787, 8786, 100, 9012, 465)],
    [11, T, N, N, T, from(BLOCK, 22, 100, 9012, 465)],
    [12, N, N, N, T, from(BLOCK, 100, 9012, 465)],
    [13, T, T, T, T, from(V, 8787, 8786, 22, 100, 9012, 465)],
    [14, N, T, T, T, from(V, 8787, 8786, 22, 100, 9012, 465)],
    [15, T, N, T, T, from(V, 8787, 8786, 22, 100, 9012, 465)],
    [16, N, N, T, T, from(V, 8787, 8786, 22, 100, 9012, 465)],
  ])("row %i: ssh %s, http %s, disable %s, firewall %s", (_row, ssh, http, disable, firewall, rows) => {
    const table = dask(
      defined({
        enable_public_ssh: ssh,
        enable_public_http: http,
        disable_public_ingress: disable,
        firewall: firewall ? F : undefined,
      }),
    );
    expect(print(table.rows)).toEqual(rows);
  });

  it("without any option of the four, profile dask is row 1", () => {
    expect(print(dask({}).rows)).toEqual(from(WORLD, 8787, 8786, 22));
  });

  it("an empty firewall is none, as that system stores it", () => {
    expect(print(dask({ firewall: {} }).rows)).toEqual(from(WORLD, 8787, 8786, 22));
  });
});

describe("disable_public_ingress with a VPC whose range is known", () => {
  const within = { vpcCidr: Cidr.parse("10.0.0.0/8") };
  const disabled: FirewallOptions = { disable_public_ingress: true, firewall: F };

  it("leaves a firewall block that lies inside the VPC (rows 13 to 16)", () => {
    expect(print(dask(disabled, within).rows)).toEqual(from(BLOCK, 8787, 8786, 22, 100, 9012, 465));
  });

  it("puts the VPC in the place of a block that is not inside it, and says so", () => {
    const table = dask(disabled, { vpcCidr: Cidr.parse("172.31.0.0/16") });
    expect(print(table.rows)).toEqual(from(V, 8787, 8786, 22, 100, 9012, 465));
    expect(table.warnings.at(-1)).toBe(
      "firewall.cidr 10.1.0.0/16 (given) is not inside the VPC 172.31.0.0/16: disable_public_ingress lets the whole VPC in, and nobody else",
    );
  });

  it("puts the VPC in the place of a block that only reaches into it", () => {
    const table = dask(
      { disable_public_ingress: true, firewall: { ports: [], cidr: "10.0.0.0/8" } },
      { vpcCidr: Cidr.parse("10.1.0.0/16") },
    );
    expect(print(table.rows)).toEqual(from(V, 8787, 8786, 22));
  });
});

describe("the second group lets the VPC in where a flag is off (T1)", () => {
  it.each<[what: string, options: FirewallOptions, internal: string[]]>([
    ["both flags on", {}, []],
    ["ssh off", { enable_public_ssh: false }, from(V, 22)],
    ["http off", { enable_public_http: false }, from(V, 8787, 8786)],
    ["both off", { enable_public_ssh: false, enable_public_http: false }, from(V, 8787, 8786, 22)],
    ["ssh off, with a firewall", { enable_public_ssh: false, firewall: F }, from(V, 22)],
    [
      "public ingress disabled: the first group has the rows",
      { enable_public_ssh: false, disable_public_ingress: true },
      [],
    ],
  ])("%s", (_what, options, internal) => {
    expect(print(dask(options).internal)).toEqual(internal);
  });

  it("and never without profile dask, where off means off", () => {
    expect(buildTable({ enable_public_ssh: false }, { callers: [caller] }).internal).toEqual([]);
  });
});

describe("without options", () => {
  it("the caller may reach 22, 80 and 443, and nobody else anything", () => {
    const table = buildTable({}, { callers: [caller] });
    expect(print(table.rows)).toEqual(from("203.0.113.7/32", 22, 80, 443));
    expect(table.internal).toEqual([]);
    expect(table.warnings).toEqual([]);
  });

  it("each caller has a row for each port, sorted and once", () => {
    const callers = ["2001:db8::7", "203.0.113.7", "198.51.100.7", "203.0.113.7"].map((text) => Cidr.host(text));
    expect(print(buildTable({ allow_ports: [443, 22] }, { callers }).rows)).toEqual([
      "tcp 443 198.51.100.7/32",
      "tcp 443 203.0.113.7/32",
      "tcp 443 2001:db8::7/128",
      "tcp 22 198.51.100.7/32",
      "tcp 22 203.0.113.7/32",
      "tcp 22 2001:db8::7/128",
    ]);
  });

  it("a caller who is not known is an error, never an open door", () => {
    expect(() => buildTable({}, { callers: [] })).toThrow("caller names no address");
  });

  it("a caller who is everybody is refused", () => {
    expect(() => buildTable({}, { callers: [Cidr.parse("0.0.0.0/0")] })).toThrow('caller "0.0.0.0/0" is everybody');
  });

  it("the flags open 22, 80 and 443 to everybody, beside the caller", () => {
    const table = buildTable({ enable_public_http: true, allow_ports: [22] }, { callers: [caller] });
    expect(print(table.rows)).toEqual([...from(WORLD, 80, 443), "tcp 22 203.0.113.7/32"]);
  });

  it("http_ports says which ports http means", () => {
    const table = buildTable({ enable_public_http: true, http_ports: [8888], allow_ports: [] }, { callers: [caller] });
    expect(print(table.rows)).toEqual(from(WORLD, 8888));
  });

  it("disable_public_ingress gives the callers' ports to the VPC, and needs no caller", () => {
    expect(print(buildTable({ disable_public_ingress: true }, { callers: [] }).rows)).toEqual(from(V, 22, 80, 443));
    expect(print(buildTable({ disable_public_ingress: true }, { callers: [caller] }).rows)).toEqual(
      from(V, 22, 80, 443),
    );
  });

  it("disable_public_ingress leaves a caller who is inside the VPC", () => {
    const context = { callers: [Cidr.host("10.0.0.9"), caller], vpcCidr: Cidr.parse("10.0.0.0/16") };
    const table = buildTable({ disable_public_ingress: true, allow_ports: [22] }, context);
    expect(print(table.rows)).toEqual(["tcp 22 10.0.0.9/32", "tcp 22 <vpc-cidr>"]);
  });
});

describe("ingress is the exact list (T4)", () => {
  const ingress = [
    { ports: [443, 8443], cidr: "198.51.100.0/24" },
    { ports: [443], cidr: "2001:db8::/32" },
    { ports: [5432], prefix_list: "pl-0123456789abcdef0", max_entries: 20 },
    { ports: [9100], security_group: "sg-0123456789abcdef0" },
  ];
  const rows = [
    "tcp 443 198.51.100.0/24",
    "tcp 8443 198.51.100.0/24",
    "tcp 443 2001:db8::/32",
    "tcp 5432 pl-0123456789abcdef0",
    "tcp 9100 sg-0123456789abcdef0",
  ];

  it("to which neither callers nor profile dask add", () => {
    expect(print(buildTable({ ingress }, { callers: [] }).rows)).toEqual(rows);
    expect(print(dask({ ingress }).rows)).toEqual(rows);
  });

  it("but an explicit caller does", () => {
    const table = buildTable({ ingress, caller: "auto", allow_ports: [22] }, { callers: [caller] });
    expect(print(table.rows)).toEqual(["tcp 22 203.0.113.7/32", ...rows]);
  });

  it("and disable_public_ingress gives all of it to the VPC, but what a group in it may reach", () => {
    expect(print(buildTable({ ingress, disable_public_ingress: true }, { callers: [] }).rows)).toEqual([
      ...from(V, 443, 8443, 5432),
      "tcp 9100 sg-0123456789abcdef0",
    ]);
  });

  it("and an empty list opens nothing", () => {
    expect(buildTable({ ingress: [] }, { callers: [] }).rows).toEqual([]);
  });
});

describe("overlaps are reported and name both", () => {
  it("a port listed twice is one row", () => {
    const origins = { firewall: "sallyport.yaml:3:1", enable_public_ssh: "user.yaml:1:1" };
    const table = dask(
      { enable_public_ssh: true, enable_public_http: false, firewall: { ports: [100, 22, 100], cidr: BLOCK } },
      { origins },
    );
    expect(print(table.rows)).toEqual(from(BLOCK, 22, 100));
    expect(table.overlaps).toEqual([
      {
        kind: "duplicate",
        text: "22 from 10.1.0.0/16 is asked for twice: by enable_public_ssh (user.yaml:1:1) and by firewall.ports[1] (sallyport.yaml:3:1)",
      },
      {
        kind: "duplicate",
        text: "100 from 10.1.0.0/16 is asked for twice: by firewall.ports[0] (sallyport.yaml:3:1) and by firewall.ports[2] (sallyport.yaml:3:1)",
      },
    ]);
    expect(table.warnings).toEqual(table.overlaps.map(({ text }) => text));
  });

  it("a range that another one covers keeps its row", () => {
    const ingress = [
      { ports: [443], cidr: "10.1.2.0/24" },
      { ports: [443, 80], cidr: "10.1.0.0/16" },
    ];
    const table = buildTable({ ingress }, { callers: [] });
    expect(print(table.rows)).toHaveLength(3);
    expect(table.warnings).toEqual([
      "443 from 10.1.2.0/24, by ingress[0] (given), is covered by 10.1.0.0/16, by ingress[1] (given)",
    ]);
  });

  it("everybody covers a caller, and the VPC's known range covers what lies inside", () => {
    const table = buildTable({ enable_public_ssh: true, allow_ports: [22] }, { callers: [caller] });
    expect(table.warnings).toEqual([
      "22 from 203.0.113.7/32, by allow_ports (given), is covered by 0.0.0.0/0, by enable_public_ssh (given)",
    ]);
    const context = { callers: [Cidr.host("10.0.0.9"), caller], vpcCidr: Cidr.parse("10.0.0.0/16") };
    expect(buildTable({ disable_public_ingress: true, allow_ports: [22] }, context).warnings).toEqual([
      "22 from 10.0.0.9/32, by allow_ports (given), is covered by <vpc-cidr>, by allow_ports (given)",
    ]);
  });

  it("IPv6 everybody covers no IPv4 caller", () => {
    const ingress = [{ ports: [22], cidr: "::/0" }];
    expect(buildTable({ ingress, caller: "auto", allow_ports: [22] }, { callers: [caller] }).warnings).toEqual([]);
  });

  it("ports that disable_public_ingress makes equal are not called duplicates", () => {
    expect(dask({ disable_public_ingress: true, firewall: F }).overlaps).toEqual([]);
  });
});

describe("a row knows why it is there", () => {
  it("with every option, its place, and what it did", () => {
    const origins = { profile: "user.yaml:1:1", firewall: "sallyport.yaml:7:3", "firewall.cidr": "sallyport.yaml:9:5" };
    const [row] = dask({ firewall: { ports: [8787], cidr: "10.1.0.2/16" } }, { origins }).rows;
    expect(row?.option).toBe("enable_public_http");
    expect(row?.origin).toBe("built in");
    expect(row?.why.map(({ option, origin, text }) => `${option} (${origin}) ${text}`)).toEqual([
      "profile (user.yaml:1:1) dask turns enable_public_http on",
      "enable_public_http (built in) opens 8787 to 0.0.0.0/0",
      'firewall.cidr (sallyport.yaml:9:5) "10.1.0.2/16" is read as 10.1.0.0/16',
      "firewall.cidr (sallyport.yaml:9:5) 10.1.0.0/16 takes the place of 0.0.0.0/0",
      "firewall.ports[0] (sallyport.yaml:7:3) opens 8787 to 10.1.0.0/16",
    ]);
  });

  it("also when disable_public_ingress overrides a flag that is off", () => {
    const row = dask({ enable_public_ssh: false, disable_public_ingress: true }).rows.at(-1);
    expect(row?.why.map(({ option, text }) => `${option} ${text}`)).toEqual([
      "enable_public_ssh is false, which disable_public_ingress overrides: 22 is for the VPC",
      "disable_public_ingress the VPC takes the place of 0.0.0.0/0",
    ]);
  });

  it("and a caller's row is named after the option that somebody wrote", () => {
    const row = (origins: Record<string, string>, options: FirewallOptions) =>
      buildTable(options, { callers: [caller], origins }).rows[0];
    expect(row({ allow_ports: "sallyport.yaml:2:1" }, { allow_ports: [22] })).toMatchObject({
      option: "allow_ports",
      origin: "sallyport.yaml:2:1",
    });
    expect(row({ caller: "SALLYPORT_CALLER" }, { caller: ["203.0.113.7"] })).toMatchObject({
      option: "caller",
      origin: "SALLYPORT_CALLER",
    });
  });
});
