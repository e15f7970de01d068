/** Judges what AWS said before a deployment: one sentence each, and what to type. Pure. */
import { type ExistingMachines, isNewType, startedCount } from "./existing-machines.js";
import { type Fact, type Facts, priceKey, type RunningMachine } from "./facts.js";
import { usdText } from "./price-list.js";
import { vcpuQuota } from "./quota-codes.js";
import type { WantedMachines } from "./wanted.js";

export interface Finding {
  readonly check: "account" | "region" | "network" | "type" | "image" | "quota" | "price";
  /** note: it could not be learnt, or does not stand in the way. */
  readonly state: "ok" | "note" | "problem";
  readonly found: string;
  /** What to type. */
  readonly mend?: string;
}

export interface JudgeOptions {
  readonly region: string;
  readonly existing: ExistingMachines;
}

/** The kit's own agent and images. */
const ARCHITECTURE = "x86_64";

export function judge(wanted: readonly WantedMachines[], facts: Facts, options: JudgeOptions): Finding[] {
  const missing = wanted.filter(({ what }) => !options.existing.has(what));
  const retyped = wanted.filter((machines) => isNewType(machines, options.existing));
  return [
    ...judgeNetwork(wanted, facts, options),
    ...judgeSubnets(retyped, facts, options),
    ...judgeAddresses(missing, facts, options),
    ...judgeTypes(retyped, facts, options),
    ...judgeImages(missing, facts, options),
    ...judgeQuotas(wanted, facts, options),
    ...judgePrices(wanted, facts),
  ];
}

const ok = (check: Finding["check"], found: string): Finding => ({ check, state: "ok", found });
const problem = (check: Finding["check"], found: string, mend: string): Finding => ({
  check,
  state: "problem",
  found,
  mend,
});
const notKnown = (check: Finding["check"], { why }: Fact<unknown> & { known: false }): Finding => ({
  check,
  state: "note",
  found: `not checked: ${why}`,
});

function judgeNetwork(
  wanted: readonly WantedMachines[],
  { network, zones }: Facts,
  { region }: JudgeOptions,
): Finding[] {
  const users = wanted.filter((machines) => machines.network.kind === "default");
  if (users.length === 0) return [];
  if (!network.known) return [notKnown("network", network)];
  const { vpcId, zones: subnets } = network.value;
  const own = "or name a subnet of another VPC: subnet_id: subnet-…";
  if (vpcId === undefined) {
    const mend = `make it: aws ec2 create-default-vpc --region ${region}; ${own}`;
    return [problem("network", `${region} has no default VPC`, mend)];
  }
  for (const type of new Set(users.flatMap(({ types: [type] }) => type))) {
    const offering = zones.known ? (zones.value.get(type) ?? []) : subnets;
    // Not offered at all is the type's own problem.
    const [zone] = offering.length === 0 ? subnets : offering;
    if (offering.some((each) => subnets.includes(each)) || (offering.length === 0 && subnets.length > 0)) continue;
    const found =
      subnets.length === 0
        ? `the default VPC ${vpcId} of ${region} has no default subnet`
        : `the default VPC ${vpcId} has no default subnet in a zone that offers ${type} (${offering.join(", ")})`;
    const where = zone ?? `${region}a`;
    const mend = `make one: aws ec2 create-default-subnet --region ${region} --availability-zone ${where}; ${own}`;
    return [problem("network", found, mend)];
  }
  return [ok("network", `default VPC ${vpcId}, with subnets in ${subnets.join(", ")}`)];
}

function judgeSubnets(
  missing: readonly WantedMachines[],
  { subnets, zones }: Facts,
  { region }: JudgeOptions,
): Finding[] {
  const asked = missing.flatMap(({ network, types: [type] }) =>
    network.kind === "subnets" ? network.ids.map((id) => ({ id, type })) : [],
  );
  if (asked.length === 0) return [];
  if (!subnets.known) return [notKnown("network", subnets)];
  const findings = asked.flatMap(({ id, type }): Finding[] => {
    const zone = subnets.value.get(id)?.zone;
    if (zone === undefined) {
      const mend = `list those that there are: aws ec2 describe-subnets --region ${region}`;
      return [problem("network", `there is no subnet ${id} in ${region}`, mend)];
    }
    const offering = zones.known ? zones.value.get(type) : undefined;
    if (offering === undefined || offering.includes(zone)) return [];
    const mend = `name a subnet in ${offering.join(" or ")}, or choose another instance_type`;
    return [problem("network", `the subnet ${id} is in ${zone}, which does not offer ${type}`, mend)];
  });
  const ids = [...new Set(asked.map(({ id }) => id))];
  return findings.length > 0 ? distinct(findings) : [ok("network", `subnet ${ids.join(", ")}`)];
}

/** A machine without a public address is waited for in vain, unless its network is reached otherwise. */
function judgeAddresses(
  missing: readonly WantedMachines[],
  { network, subnets }: Facts,
  { region }: JudgeOptions,
): Finding[] {
  return distinct(
    missing
      .filter(({ isPublic }) => isPublic)
      .flatMap((machines): Finding[] => {
        const within = "if you reach them at their private ones (VPN, peering), set use_private_ip: true";
        if (machines.network.kind === "default" && network.known && !network.value.isPublic && network.value.vpcId) {
          const found = `no default subnet of ${network.value.vpcId} gives machines public addresses`;
          return [problem("network", found, `${within}; else name a subnet that does: subnet_id: subnet-…`)];
        }
        if (machines.network.kind !== "subnets" || !subnets.known) return [];
        const privates = machines.network.ids.filter((id) => subnets.value.get(id)?.isPublic === false);
        return privates.map((id) => {
          const found = `the subnet ${id} gives machines no public addresses`;
          const change = `aws ec2 modify-subnet-attribute --region ${region} --subnet-id ${id} --map-public-ip-on-launch`;
          return problem("network", found, `${within}; else name another subnet, or: ${change}`);
        });
      }),
  );
}

function judgeTypes(missing: readonly WantedMachines[], { zones, types }: Facts, { region }: JudgeOptions): Finding[] {
  if (missing.length === 0) return [];
  if (!zones.known) return [notKnown("type", zones)];
  return distinct(
    missing.flatMap((machines): Finding[] => {
      const offered = machines.types.filter((type) => zones.value.has(type));
      const [type] = offered;
      if (type === undefined) {
        const family = machines.types[0].replace(/\..*/, "");
        const mend = `choose another region or instance_type; what there is: aws ec2 describe-instance-type-offerings --region ${region} --filters "Name=instance-type,Values=${family}.*"`;
        return [problem("type", `${machines.types.join(" and ")} is not offered in ${region}`, mend)];
      }
      const known = types.known ? types.value.get(type) : undefined;
      const foreign = offered.flatMap((each) => {
        const { architectures = [ARCHITECTURE] } = (types.known ? types.value.get(each) : undefined) ?? {};
        return architectures.includes(ARCHITECTURE) ? [] : [`${each} has ${processors(architectures)}`];
      });
      if (foreign.length > 0) {
        const found = `${foreign.join(" and ")}, and hosts need ${ARCHITECTURE}`;
        return [problem("type", found, "choose another instance_type, for example g6.xlarge or m7i.large")];
      }
      const size = known === undefined ? "" : `, ${known.vcpus} vCPUs`;
      return [ok("type", `${type}${size}, offered in ${(zones.value.get(type) ?? []).join(", ")}`)];
    }),
  );
}

function processors(architectures: readonly string[]): string {
  const names = architectures.join(" and ");
  return architectures.includes("arm64") ? `Graviton processors (${names})` : `processors of another kind (${names})`;
}

function judgeImages(missing: readonly WantedMachines[], { images }: Facts, { region }: JudgeOptions): Finding[] {
  const named = missing.filter(({ ami }) => ami.startsWith("ami-"));
  if (named.length === 0) return [];
  if (!images.known) return [notKnown("image", images)];
  return distinct(
    named.map(({ ami, rootVolumeGib, what }): Finding => {
      const image = images.value.get(ami);
      if (image === undefined) {
        const mend =
          "image ids differ between regions: take one of this region's, or a family such as ami: ubuntu-24.04";
        return problem("image", `there is no image ${ami} in ${region} for this account`, mend);
      }
      const { architecture, rootGib } = image;
      if (architecture !== ARCHITECTURE) {
        return problem(
          "image",
          `the image ${ami} is for ${architecture}, and hosts need ${ARCHITECTURE}`,
          "take another",
        );
      }
      if (rootVolumeGib !== undefined && rootVolumeGib < rootGib && what !== "gateway") {
        const found = `the image ${ami} needs a root volume of ${rootGib} GiB, and it would have ${rootVolumeGib}`;
        return problem("image", found, `set root_volume_gib: ${rootGib} or more`);
      }
      return ok("image", ami);
    }),
  );
}

function judgeQuotas(wanted: readonly WantedMachines[], facts: Facts, { region, existing }: JudgeOptions): Finding[] {
  const needs = new Map<string, { name: string; machines: WantedMachines[]; isSpot: boolean }>();
  for (const machines of wanted) {
    const isSpot = machines.spot !== "none";
    const count = startedCount(machines, existing);
    const quota = vcpuQuota(machines.types[0], isSpot);
    if (quota === undefined || count === 0) continue;
    const need = needs.get(quota.code) ?? { name: quota.name, machines: [], isSpot };
    need.machines.push({ ...machines, count });
    needs.set(quota.code, need);
  }
  return [...needs].flatMap(([code, { name, machines, isSpot }]): Finding | readonly Finding[] => {
    const quota = facts.quotas.get(code);
    if (quota === undefined) return [];
    if (!quota.known) return notKnown("quota", quota);
    if (!facts.types.known) return notKnown("quota", facts.types);
    const { value: types } = facts.types;
    const needed = sum(machines.map(({ types: [type], count }) => count * (types.get(type)?.vcpus ?? 0)));
    const running = (facts.running.known ? facts.running.value : []).filter(
      ({ type, spot }) => spot === isSpot && vcpuQuota(type, spot)?.code === code,
    );
    const givenUp = sum(machines.map((each) => vcpusGivenUp(each, existing, running)));
    const used = sum(running.map(({ vcpus }) => vcpus)) - givenUp;
    const inUse = used === 0 ? "" : `, of which ${used} are in use`;
    if (used + needed <= quota.value)
      return ok("quota", `${name}: ${quota.value} vCPUs${inUse}; ${needed} more are needed`);
    const found = `${list(machines)} ${needed} vCPUs, and the quota "${name}" is ${quota.value}${inUse}`;
    const mend = `ask for more: aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${code} --desired-value ${used + needed}`;
    // Then a machine on demand takes its place, which has a quota of its own.
    if (machines.every(({ spot }) => spot === "with-fallback")) {
      return { check: "quota", state: "note", found: `${found}: on-demand machines will take their place`, mend };
    }
    return problem("quota", found, mend);
  });
}

/** The vCPUs of a running machine that becomes one of another type. */
function vcpusGivenUp(
  machines: WantedMachines,
  existing: ExistingMachines,
  running: readonly RunningMachine[],
): number {
  if (machines.what === "fleet" || !isNewType(machines, existing)) return 0;
  const { type } = existing.get(machines.what) ?? {};
  return running.find((machine) => machine.type === type)?.vcpus ?? 0;
}

function judgePrices(wanted: readonly WantedMachines[], { prices }: Facts): Finding[] {
  return distinct(
    wanted.flatMap(({ types: [type], spot }): Finding | readonly Finding[] => {
      const isSpot = spot !== "none";
      const key = priceKey(type, isSpot);
      if (!prices.has(key)) return [];
      const price = prices.get(key);
      if (price === undefined) {
        const mend = "see https://aws.amazon.com/ec2/pricing/on-demand/";
        return { check: "price", state: "note", found: `${type}: the price is not known`, mend };
      }
      const kind =
        isSpot && price.source === "AWS" ? " on the spot market now" : isSpot ? " on demand, less as spot" : "";
      const about = price.source === "list" ? "about " : "";
      return ok("price", `${type}: ${about}${usdText(price.usd)} USD an hour${kind}, ${usdText(price.usd * 24)} a day`);
    }),
  );
}

/** `f2.6xlarge needs`, `2 × f2.6xlarge and 1 × g6.xlarge need`. */
function list(machines: readonly WantedMachines[]): string {
  const counts = new Map<string, number>();
  for (const {
    types: [type],
    count,
  } of machines)
    counts.set(type, (counts.get(type) ?? 0) + count);
  const [[only = ""] = [], ...more] = counts;
  if (more.length === 0 && counts.get(only) === 1) return `${only} needs`;
  return `${[...counts].map(([type, count]) => `${count} × ${type}`).join(" and ")} need`;
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
