/** What the machines of a plan will cost, for the question before they start. Pure. */
import type { PlannedChange } from "../terraform/terraform-log.js";
import { type ExistingMachines, startedCount } from "./existing-machines.js";
import { type Facts, priceKey } from "./facts.js";
import { usdText } from "./price-list.js";
import type { WantedMachines } from "./wanted.js";

/** Further resources that cost by the hour, whether they are used or not. */
const HOURLY: Readonly<Record<string, string>> = {
  aws_vpc_endpoint: "VPC endpoint",
  aws_nat_gateway: "NAT gateway",
  aws_eip: "public address",
};

export interface CostOptions {
  readonly wanted: readonly WantedMachines[];
  readonly existing: ExistingMachines;
  readonly prices: Facts["prices"];
  readonly region: string;
  readonly autostop: boolean;
}

/** @returns one sentence, or undefined if nothing that costs is made */
export function costSentence(changes: readonly PlannedChange[], options: CostOptions): string | undefined {
  const { wanted, existing, prices, region, autostop } = options;
  const made = changes.filter(({ action }) => action === "create" || action === "replace");
  const started = wanted
    .map((machines) => ({ ...machines, count: startedBy(changes, machines, existing) }))
    .filter(({ count }) => count > 0);
  const counts = new Map<string, { type: string; count: number; isSpot: boolean }>();
  for (const {
    types: [type],
    count,
    spot,
  } of started) {
    const key = priceKey(type, spot !== "none");
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { type, count: before + count, isSpot: spot !== "none" });
  }
  const machines = [...counts.values()].map(
    ({ type, count, isSpot }) => `${count === 1 ? "" : `${count} × `}${type}${isSpot ? " (spot)" : ""}`,
  );
  const others = Object.entries(HOURLY).flatMap(([type, name]) => {
    // The endpoint of S3 is a gateway's, which is free.
    const { length } = made.filter((change) => change.type === type && !/\/?Endpoint-s3$/.test(change.name));
    return length === 0 ? [] : [`${length} ${name}${length === 1 ? "" : name.endsWith("s") ? "es" : "s"}`];
  });
  if (machines.length === 0 && others.length === 0) return undefined;
  const what = [...machines, ...others].join(" and ");
  if (machines.length === 0) return `This makes ${what} in ${region}, which AWS charges by the hour.`;
  const extras = others.length === 0 ? "" : " beside what AWS charges for the others by the hour";
  const end = `until "sallyport down"${autostop ? " or autostop" : "; autostop is off"}`;
  return `This starts ${what} in ${region}: ${total(counts, prices)}${extras}, ${end}.`;
}

/** The number of machines that the changes start. A machine of another type is changed in place. */
function startedBy(changes: readonly PlannedChange[], machines: WantedMachines, existing: ExistingMachines): number {
  const { what, count } = machines;
  const actions = changes.filter(({ type, name }) => isOf(what, type, name)).map(({ action }) => action);
  if (actions.includes("create") || actions.includes("replace")) return count;
  return actions.includes("update") ? startedCount(machines, existing) : 0;
}

function isOf(what: string, type: string, name: string): boolean {
  if (what === "fleet") return type === "aws_autoscaling_group";
  return type === "aws_instance" && (what === "gateway" || name === `${what}/Instance`);
}

function total(
  counts: ReadonlyMap<string, { readonly count: number; readonly isSpot: boolean }>,
  prices: Facts["prices"],
): string {
  let usd = 0;
  let isExact = true;
  for (const [key, { count, isSpot }] of counts) {
    const price = prices.get(key);
    if (price === undefined) return "at a price that is not known here (https://aws.amazon.com/ec2/pricing/)";
    usd += count * price.usd;
    if (price.source === "list" || isSpot) isExact = false;
  }
  return `${isExact ? "" : "about "}${usdText(usd)} USD an hour, ${usdText(usd * 24)} a day`;
}
