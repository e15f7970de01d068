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

/** Machines that begin to cost. */
export type StartedMachines = Pick<WantedMachines, "types" | "spot" | "count">;

/** @returns one sentence, or undefined if nothing that costs is made */
export function costSentence(changes: readonly PlannedChange[], options: CostOptions): string | undefined {
  const { wanted, existing, prices, region, autostop } = options;
  const made = changes.filter(({ action }) => action === "create" || action === "replace");
  const counts = countsOf(wanted.map((machines) => ({ ...machines, count: startedBy(changes, machines, existing) })));
  const others = Object.entries(HOURLY).flatMap(([type, name]) => {
    // The endpoint of S3 is a gateway's, which is free.
    const { length } = made.filter((change) => change.type === type && !/\/?Endpoint-s3$/.test(change.name));
    return length === 0 ? [] : [`${length} ${name}${length === 1 ? "" : name.endsWith("s") ? "es" : "s"}`];
  });
  if (counts.size === 0 && others.length === 0) return undefined;
  if (counts.size === 0) return `This makes ${others.join(" and ")} in ${region}, which AWS charges by the hour.`;
  const what = [...machinesOf(counts), ...others].join(" and ");
  const extras = others.length === 0 ? "" : " beside what AWS charges for the others by the hour";
  return `This starts ${what} in ${region}: ${total(counts, prices)}${extras}, ${until("down", autostop)}.`;
}

/** The same for machines that stood still. @returns undefined without any */
export function startSentence(
  machines: readonly StartedMachines[],
  { prices, region, autostop }: Omit<CostOptions, "wanted" | "existing">,
): string | undefined {
  const counts = countsOf(machines);
  if (counts.size === 0) return undefined;
  const what = machinesOf(counts).join(" and ");
  return `This starts ${what} in ${region}: ${total(counts, prices)}, ${until("stop", autostop)}.`;
}

const until = (command: "down" | "stop", autostop: boolean) =>
  `until "sallyport ${command}"${autostop ? " or autostop" : "; autostop is off"}`;

/** By {@link priceKey}. */
type Counts = ReadonlyMap<string, { readonly type: string; readonly count: number; readonly isSpot: boolean }>;

function countsOf(machines: readonly StartedMachines[]): Counts {
  const counts = new Map<string, { type: string; count: number; isSpot: boolean }>();
  for (const each of machines) {
    const { count, spot } = each;
    const [type] = each.types;
    const key = priceKey(type, spot !== "none");
    if (count > 0) counts.set(key, { type, count: count + (counts.get(key)?.count ?? 0), isSpot: spot !== "none" });
  }
  return counts;
}

function machinesOf(counts: Counts): string[] {
  return [...counts.values()].map(
    ({ type, count, isSpot }) => `${count === 1 ? "" : `${count} × `}${type}${isSpot ? " (spot)" : ""}`,
  );
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

function total(counts: Counts, prices: Facts["prices"]): string {
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
