/**
 * Laws of the merge, tried on random options. The oracle below is written from the description of the
 * options, question by question, with Node's own BlockList; it shares nothing with the table.
 */
import { BlockList, isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { defined } from "../../../base/defined.js";
import type { FirewallOptions, IngressEntry } from "../../../firewall/options/schema.js";
import { buildTable, type RuleTable } from "../../../firewall/options/table.js";
import { decide } from "../../../firewall/options/verdict.js";
import { Cidr } from "../../../net/cidr.js";
import { ruleKey } from "../../../net/ingress-rule.js";
import { type Random, seededRandom } from "../../support/random.js";

const VPC = "10.0.0.0/16";
const vpcCidr = Cidr.parse(VPC);
const INSIDE_VPC = ["10.0.3.0/24", "10.0.0.0/17", "10.0.9.9/32"];
const OUTSIDE_VPC = [
  "0.0.0.0/0",
  "10.0.0.0/8",
  "10.1.0.0/16",
  "203.0.113.0/24",
  "203.0.113.128/25",
  "::/0",
  "2001:db8::/48",
];
const BLOCKS = [...INSIDE_VPC, ...OUTSIDE_VPC];
const CALLERS = ["203.0.113.7/32", "203.0.113.200/32", "198.51.100.0/28", "2001:db8::7/128", "10.0.9.9/32"];
const PORTS = [22, 80, 100, 443, 465, 8786, 8787, 9012];
const ADDRESSES = [
  ...["10.0.0.0", "10.0.2.255", "10.0.3.0", "10.0.3.255", "10.0.4.0", "10.0.9.9", "10.0.127.255", "10.0.128.0"],
  ...["10.0.255.255", "10.1.0.0", "10.1.255.255", "10.2.0.0", "9.255.255.255", "11.0.0.0"],
  ...["203.0.112.255", "203.0.113.7", "203.0.113.127", "203.0.113.128", "203.0.113.200", "203.0.114.0"],
  ...["198.51.100.15", "198.51.100.16", "8.8.8.8", "2001:db8::7", "2001:db8:0:ffff::", "2001:db8:1::", "2600::1"],
];

interface World {
  readonly options: FirewallOptions;
  readonly callers: readonly string[];
  /** Whether the range of the VPC is known when the table is built; it always is when it is asked. */
  readonly isVpcKnown: boolean;
}

const answers = new Map<string, boolean>();

function isIn(address: string, block: string): boolean {
  const question = `${address} ${block}`;
  const known = answers.get(question);
  if (known !== undefined) return known;
  const [network = "", prefix] = block.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  const answer = isIPv6(address) === isIPv6(network) && list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  answers.set(question, answer);
  return answer;
}

/** Would the packet pass? */
function oracle({ options: o, callers, isVpcKnown }: World, port: number, address: string): boolean {
  const isDask = o.profile === "dask";
  const isExact = o.ingress !== undefined;
  const isOpenByDefault = isDask && !isExact;
  const firewall = o.firewall?.cidr === undefined ? undefined : (o.firewall as { ports: number[]; cidr: string });
  const publicSsh = o.enable_public_ssh ?? isOpenByDefault;
  const publicHttp = o.enable_public_http ?? isOpenByDefault;
  const isHttp = (o.http_ports ?? (isDask ? [8786, 8787] : [80, 443])).includes(port);
  const isSsh = port === 22;
  const disabled = o.disable_public_ingress ?? false;

  const asking: string[] = [];
  const isService = (isHttp && publicHttp) || (isSsh && publicSsh);
  const isServiceAnyway = disabled && isDask && !isExact && (isHttp || isSsh);
  if (isService || isServiceAnyway) asking.push(firewall?.cidr ?? "0.0.0.0/0");
  if (firewall?.ports.includes(port)) asking.push(firewall.cidr);
  for (const entry of o.ingress ?? []) if (entry.ports?.includes(port)) asking.push(String(entry.cidr));
  const letsCallersIn = o.caller !== undefined || (!isDask && !isExact);
  if (letsCallersIn && (o.allow_ports ?? [22, 80, 443]).includes(port)) {
    asking.push(...callers);
  }
  if (disabled) return asking.some((block) => isIn(address, isVpcKnown && INSIDE_VPC.includes(block) ? block : VPC));
  const isInternal = isDask && !isExact && ((isHttp && !publicHttp) || (isSsh && !publicSsh));
  return asking.some((block) => isIn(address, block)) || (isInternal && isIn(address, VPC));
}

function some<T>(random: Random, values: readonly T[], least = 0): T[] {
  const taken = values.filter(() => random.chance(0.4));
  return taken.length < least ? [random.pick(values)] : taken;
}

function randomWorld(random: Random): World {
  const options: Record<string, unknown> = {};
  const maybe = (key: string, value: () => unknown) => {
    if (random.chance(0.5)) options[key] = value();
  };
  maybe("profile", () => random.pick(["dask", "http"]));
  maybe("disable_public_ingress", () => random.chance(0.5));
  maybe("http_ports", () => some(random, PORTS));
  maybe("allow_ports", () => some(random, PORTS));
  maybe("caller", () => "auto");
  if (random.chance(0.4)) {
    options.ingress = some(random, BLOCKS).map((cidr): IngressEntry => ({ ports: some(random, PORTS), cidr }));
    maybe("enable_public_ssh", () => false);
  } else {
    maybe("enable_public_ssh", () => random.chance(0.5));
    maybe("enable_public_http", () => random.chance(0.5));
    maybe("firewall", () => ({ ports: some(random, PORTS), cidr: random.pick(BLOCKS) }));
  }
  return { options, callers: some(random, CALLERS, 1), isVpcKnown: random.chance(0.5) };
}

function build({ options, callers, isVpcKnown }: World): RuleTable {
  return buildTable(
    options,
    defined({
      callers: callers.map((text) => Cidr.parse(text)),
      origins: Object.fromEntries(Object.keys(options).map((key, line) => [key, `sallyport.yaml:${line + 1}:1`])),
      vpcCidr: isVpcKnown ? vpcCidr : undefined,
    }),
  );
}

const keysOf = ({ rows, internal }: RuleTable): string[] => [
  ...rows.map(({ rule }) => ruleKey(rule)).sort(),
  "internal:",
  ...internal.map(({ rule }) => ruleKey(rule)).sort(),
];

function shuffled<T>(random: Random, values: readonly T[]): T[] {
  const left = [...values];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(random.below(left.length), 1));
  return order;
}

/** The same wishes in another order, at every depth. */
function reordered(random: Random, value: unknown): unknown {
  if (Array.isArray(value))
    return shuffled(
      random,
      value.map((item) => reordered(random, item)),
    );
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    shuffled(
      random,
      Object.entries(value).map(([key, item]) => [key, reordered(random, item)]),
    ),
  );
}

/** Every list written twice. */
function doubled(value: unknown): unknown {
  if (Array.isArray(value)) return [...value, ...value].map(doubled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, doubled(item)]));
}

const SEEDS = Array.from({ length: 250 }, (_, seed) => seed);

describe("for random options, the table", () => {
  it("agrees with an independent oracle about every address and port, and names the row that decides", () => {
    const count = { passes: 0, blocked: 0 };
    for (const seed of SEEDS) {
      const world = randomWorld(seededRandom(seed));
      const table = build(world);
      for (const port of PORTS) {
        for (const address of ADDRESSES) {
          const verdict = oracle(world, port, address) ? "passes" : "blocked";
          count[verdict] += 1;
          const row = [...table.rows, ...table.internal].find(({ rule: { ports, source } }) => {
            return ports.from === port && isIn(address, source.kind === "cidr" ? source.cidr.toString() : VPC);
          });
          const decided = decide(table, { port, address, vpcCidr });
          const isExplained =
            decided.row === row &&
            decided.passes === (row !== undefined) &&
            (row === undefined || decided.because.includes(` by ${row.option} (${row.origin})`)) &&
            (row === undefined || row.why.some(({ option }) => option === row.option)) &&
            (row === undefined || decided.group === (table.rows.includes(row) ? "public" : "internal"));
          if (decided.verdict === verdict && isExplained) continue;
          expect.fail(`seed ${seed}: ${port} from ${address} of ${JSON.stringify(world)} ${JSON.stringify(decided)}`);
        }
      }
    }
    // The generator is worth something only if both answers are common.
    expect(Math.min(count.passes, count.blocked)).toBeGreaterThan(5_000);
  });

  it("has the same rules in whatever order the options are written", () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const world = randomWorld(random);
      const other = {
        ...world,
        ...(reordered(random, { options: world.options, callers: world.callers }) as Partial<World>),
      };
      expect(keysOf(build(other)), `seed ${seed}`).toEqual(keysOf(build(world)));
    }
  });

  it("has no rule twice, and the same rows in the same order when every list is written twice", () => {
    for (const seed of SEEDS) {
      const world = randomWorld(seededRandom(seed));
      const once = build(world);
      const twice = build({
        ...world,
        ...(doubled({ options: world.options, callers: world.callers }) as Partial<World>),
      });
      expect(new Set(once.rows.map(({ rule }) => ruleKey(rule))).size, `seed ${seed}`).toBe(once.rows.length);
      expect(
        twice.rows.map(({ rule }) => ruleKey(rule)),
        `seed ${seed}`,
      ).toEqual(once.rows.map(({ rule }) => ruleKey(rule)));
    }
  });

  it("is its own table when its rows are written as the exact list", () => {
    for (const seed of SEEDS) {
      const { rows } = build(randomWorld(seededRandom(seed)));
      const listed = rows.filter(({ rule }) => rule.source.kind === "cidr");
      const ingress = listed.map(({ rule }) => ({
        ports: [rule.ports.from],
        cidr: rule.source.kind === "cidr" ? rule.source.cidr.toString() : "",
      }));
      const again = buildTable({ ingress }, { callers: [] });
      expect(again.rows.map(({ rule }) => ruleKey(rule))).toEqual(listed.map(({ rule }) => ruleKey(rule)));
    }
  });

  it("opens nothing outside the VPC when public ingress is disabled", () => {
    for (const seed of SEEDS) {
      const world = randomWorld(seededRandom(seed));
      const table = build({ ...world, options: { ...world.options, disable_public_ingress: true } });
      const outside = ADDRESSES.filter((address) => !isIn(address, VPC));
      for (const address of outside) {
        for (const port of PORTS) {
          const { passes } = decide(table, { port, address, vpcCidr });
          if (passes) expect.fail(`seed ${seed}: ${port} from ${address}`);
        }
      }
    }
  });
});
