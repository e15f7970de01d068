/** Ports as people write them. */
import type { PortRange } from "../../net/port-range.js";
import * as errors from "./errors.js";

/** `22`, `8000-8010`, and several of them at commas. */
export function parsePorts(texts: readonly string[]): PortRange[] {
  return texts.flatMap((text) => text.split(",")).map((text) => parseRange(text.trim()));
}

function parseRange(text: string): PortRange {
  const [, first = "", last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(first), to: Number(last) };
  if (first === "" || range.from < 1 || range.to > 65_535 || range.to < range.from) throw errors.badPort(text);
  return range;
}
