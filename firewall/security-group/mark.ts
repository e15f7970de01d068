/**
 * The owner mark: a rule's description says who made the rule and for how long.
 *
 * `sallyport:<owner>` claims the rule for an owner, usually the name of a followed list. `until=` makes
 * it a lease, `for=` names its holders; any further words are for people. Only a description of exactly
 * this form claims a rule. A rule whose mark does not parse belongs to another owner and is left alone.
 *
 * `managed-by=terraform` deliberately makes a mark that does not parse. Only Terraform may change or
 * remove its rules, under any owner: any other change would show as drift and return with the next
 * deploy.
 */

import { defined } from "../../base/defined.js";
import * as errors from "../errors.js";

export interface Mark {
  readonly owner: string;
  /** End of the lease on this rule, in whole seconds. */
  readonly until?: Date;
  /** Holders of the lease; several people may share one address. */
  readonly holders?: readonly string[];
  /** Free words for people; they never make two marks differ. */
  readonly note?: string;
}

/** Owner of a rule that exists only for a lease. */
export const LEASE_OWNER = "access";

const TERRAFORM = "managed-by=terraform";
const TERRAFORM_MARK = /^sallyport:(\S+) managed-by=terraform(?: (.*))?$/;

/** The longest description that EC2 takes. */
const MAX_CHARACTERS = 255;
/** The characters that EC2 accepts in a description. */
const EC2_TEXT = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/;
const OWNER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HOLDER = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** @throws Fault if a name does not fit into a description, or the whole is too long. */
export function formatMark(mark: Mark): string {
  if (!OWNER.test(mark.owner)) throw errors.badOwner(mark.owner);
  const words = [`sallyport:${mark.owner}`];
  if (mark.until !== undefined) words.push(`until=${instant(mark.until)}`);
  const holders = mark.holders ?? [];
  for (const holder of holders) if (!HOLDER.test(holder)) throw errors.badHolder(holder);
  if (holders.length > 0) words.push(`for=${holders.join(",")}`);
  if (mark.note !== undefined && mark.note !== "") {
    // Read again, it would be an end or a holder.
    if (/^(?:until|for)=/.test(mark.note)) throw errors.badNote(mark.note);
    words.push(mark.note);
  }
  const text = words.join(" ");
  if (text.length > MAX_CHARACTERS) throw errors.markTooLong(text, MAX_CHARACTERS);
  if (!EC2_TEXT.test(text)) throw errors.badMarkText(text);
  return text;
}

/** Description of a rule that Terraform makes. @param note the option that opens it */
export function formatTerraformMark(owner: string, note: string): string {
  return formatMark({ owner, note: `${TERRAFORM} ${note}` });
}

/** The owner and the note of a rule that Terraform makes; undefined for any other. */
export function parseTerraformMark(description: string): Pick<Mark, "owner" | "note"> | undefined {
  const [, owner, note] = TERRAFORM_MARK.exec(description) ?? [];
  return owner === undefined ? undefined : defined({ owner, note });
}

/** @returns undefined for a description without a well-formed mark. */
export function parseMark(description: string | undefined): Mark | undefined {
  const [head = "", ...rest] = (description ?? "").split(" ");
  const owner = head.startsWith("sallyport:") ? head.slice("sallyport:".length) : "";
  if (!OWNER.test(owner)) return undefined;
  if (rest[0] === TERRAFORM) return undefined;
  let until: Date | undefined;
  let holders: string[] | undefined;
  while (rest.length > 0) {
    const [key, value] = split(rest[0] ?? "");
    if (key === "until") {
      if (until !== undefined || !INSTANT.test(value) || Number.isNaN(Date.parse(value))) return undefined;
      until = new Date(value);
    } else if (key === "for") {
      holders = value.split(",");
      if (holders.some((holder) => !HOLDER.test(holder))) return undefined;
    } else {
      break;
    }
    rest.shift();
  }
  const note = rest.join(" ");
  return defined({
    owner,
    until,
    holders,
    note: note === "" ? undefined : note,
  });
}

/** Whether owner, end and holders are equal, whatever the note says. */
export function sameMark(a: Mark, b: Mark): boolean {
  return claim(a) === claim(b);
}

export function isExpired(mark: Mark, now: Date): boolean {
  return mark.until !== undefined && mark.until.getTime() <= now.getTime();
}

/** `mark` without its lease. */
export function withoutLease(mark: Mark): Mark {
  const { until: _until, holders: _holders, ...rest } = mark;
  return rest;
}

function claim({ owner, until, holders }: Mark): string {
  return JSON.stringify([owner, until === undefined ? null : instant(until), [...(holders ?? [])].sort()]);
}

function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function split(word: string): [string, string] {
  const equals = word.indexOf("=");
  return equals === -1 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
}
