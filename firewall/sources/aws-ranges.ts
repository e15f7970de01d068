/**
 * The addresses that AWS publishes for its services (`ip-ranges.json`), of one service and optionally one
 * region. Adjacent and nested blocks are merged into the fewest that hold the same addresses, because a
 * security group has room for few.
 */
import { nearest } from "../../base/text/nearest.js";
import { Cidr } from "../../net/cidr.js";
import { mergeCidrs } from "../../net/ranges.js";
import * as faults from "./faults.js";
import { found, kindOf, parseJson } from "./json-document.js";
import { resolvePointer } from "./json-pointer.js";
import type { ListEntry } from "./list-source.js";

export const AWS_RANGES_URL = "https://ip-ranges.amazonaws.com/ip-ranges.json";

export interface AwsFilter {
  /** `S3`, `EC2`, `ROUTE53_HEALTHCHECKS` …; case does not matter. */
  readonly service: string;
  /** `eu-west-1`, `GLOBAL` … @default every region */
  readonly region?: string;
}

interface Range {
  readonly prefix: string;
  readonly service: string;
  readonly region: string;
  readonly at: string;
}

export function readAwsRanges(text: string, filter: AwsFilter, name: string): ListEntry[] {
  const document = parseJson(text, name);
  const ranges = [
    ...readRanges(document, "prefixes", "ip_prefix", name),
    ...readRanges(document, "ipv6_prefixes", "ipv6_prefix", name),
  ];
  const service = known(
    filter.service,
    ranges.map((range) => range.service),
    "service",
    name,
  );
  const region =
    filter.region === undefined
      ? undefined
      : known(
          filter.region,
          ranges.map((range) => range.region),
          "region",
          name,
        );
  const chosen = ranges.filter((range) => range.service === service && (region ?? range.region) === range.region);
  if (chosen.length === 0) throw faults.nothingThere(name, service, region ?? "");
  return mergeCidrs(chosen.map((range) => cidrOf(range, name))).map((cidr) => ({ text: cidr.toString(), at: "" }));
}

/** A misspelt service would silently be an empty list. */
function known(wanted: string, all: readonly string[], what: string, name: string): string {
  const names = [...new Set(all)].sort();
  const match = names.find((each) => each.toLowerCase() === wanted.toLowerCase());
  if (match !== undefined) return match;
  const isService = what === "service";
  throw faults.unknownToAws(
    name,
    what,
    wanted,
    nearest(isService ? wanted.toUpperCase() : wanted.toLowerCase(), names),
  );
}

function readRanges(document: unknown, list: string, key: string, name: string): Range[] {
  const { value } = found(resolvePointer(document, [list]), name);
  if (!Array.isArray(value)) throw faults.notAList(name, `/${list}`, kindOf(value));
  return value.map((_, index): Range => {
    const at = `/${list}/${index}`;
    const field = (token: string): string => {
      const { value: text } = found(resolvePointer(document, [list, String(index), token]), name);
      if (typeof text !== "string") throw faults.notAText(name, `${at}/${token}`, kindOf(text));
      return text;
    };
    return { prefix: field(key), service: field("service"), region: field("region"), at };
  });
}

function cidrOf({ prefix, at }: Range, name: string): Cidr {
  try {
    return Cidr.of(prefix);
  } catch (error) {
    throw faults.notAnAddress(name, { text: prefix, at }, error);
  }
}
