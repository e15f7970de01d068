/** Ids of jobs: they sort by creation, and cannot be guessed. */
import { randomBytes } from "node:crypto";

/** 12 hex digits of milliseconds, 4 that count within a millisecond, 16 random ones. */
const PATTERN = /^[0-9a-f]{32}$/;

export function isJobId(text: string): boolean {
  return PATTERN.test(text);
}

/** @param last the greatest id so far, so that a clock set back changes no order. @returns a function that makes ids. */
export function jobIds(last?: string): () => string {
  let time = last === undefined ? 0 : Number.parseInt(last.slice(0, 12), 16);
  let count = last === undefined ? 0 : Number.parseInt(last.slice(12, 16), 16);
  return () => {
    const now = Date.now();
    count = now > time ? 0 : count + 1;
    if (now > time) time = now;
    if (count > 0xffff) {
      time += 1;
      count = 0;
    }
    return hex(time, 12) + hex(count, 4) + randomBytes(8).toString("hex");
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
