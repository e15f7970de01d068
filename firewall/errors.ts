import { EXIT, Fault, quote } from "../base/fault.js";

const HOW_TO_SAY =
  'write caller: "203.0.113.7/32" in sallyport.yaml, or set SALLYPORT_CALLER, with your public address';

export const everybody = (text: string): Fault =>
  new Fault("firewall/everybody", `caller ${quote(text)} is everybody`, {
    hint: 'name the addresses that may reach the hosts, such as "203.0.113.7/32"',
    exit: EXIT.usage,
  });

export const noCaller = (from: string): Fault =>
  new Fault("firewall/no-caller", `${from} names no address`, { hint: HOW_TO_SAY, exit: EXIT.usage });

export const callerUnknown = (reason: string): Fault =>
  new Fault("firewall/caller-unknown", `cannot find this machine's public address: ${reason}`, { hint: HOW_TO_SAY });

export const badService = (text: string): Fault =>
  new Fault("firewall/bad-service", `SALLYPORT_CALLER_SERVICES has ${quote(text)}, which is not an https URL`, {
    hint: "plain http is accepted for 127.0.0.1, [::1] and localhost only",
    exit: EXIT.usage,
  });

export const badOwner = (owner: string): Fault =>
  new Fault("firewall/bad-owner", `${quote(owner)} cannot name the owner of a rule`, {
    hint: "write up to 64 letters, digits, dots, underscores and hyphens",
    exit: EXIT.usage,
  });

export const reservedOwner = (owner: string): Fault =>
  new Fault("firewall/reserved-owner", `the owner ${quote(owner)} is for leases`, {
    hint: "name the list after what it follows, such as --owner faculty",
    exit: EXIT.usage,
  });

export const badHolder = (name: string): Fault =>
  new Fault("firewall/bad-name", `${quote(name)} cannot name who holds a lease`, {
    hint: "write up to 64 letters, digits and ._@+-",
    exit: EXIT.usage,
  });

export const markTooLong = (text: string, most: number): Fault =>
  new Fault("firewall/mark-too-long", `${quote(text)} is longer than the ${most} characters of a rule's description`, {
    hint: "end a lease on this address before another is granted",
    exit: EXIT.usage,
  });

export const badMarkText = (text: string): Fault =>
  new Fault("firewall/bad-mark", `${quote(text)} has characters that EC2 refuses in a description`, {
    hint: "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* are allowed",
    exit: EXIT.usage,
  });

export const badNote = (text: string): Fault =>
  new Fault("firewall/bad-note", `${quote(text)} begins as a part of the mark itself`, {
    hint: "put another word first",
    exit: EXIT.usage,
  });

/** `sallyport.yaml:7:3: firewall …`, or only the text if the place is unknown. */
const at = (where: string | undefined, text: string): string => (where === undefined ? text : `${where}: ${text}`);

export const unknownOption = (where: string | undefined, path: string, suggestion: string | undefined): Fault =>
  new Fault("firewall/unknown-option", at(where, `unknown option ${quote(path)}`), {
    hint: suggestion === undefined ? "docs/reference/firewall.md lists every option" : `did you mean "${suggestion}"?`,
    exit: EXIT.usage,
  });

export const badOption = (where: string | undefined, path: string, value: unknown, expected: string): Fault =>
  new Fault("firewall/bad-option", at(where, `${path} is ${typeof value === "string" ? quote(value) : shown(value)}`), {
    hint: `it ${expected}`,
    exit: EXIT.usage,
  });

export const maxEntriesWithoutList = (where: string | undefined, path: string, value: number): Fault =>
  badOption(
    where,
    `${path}.max_entries`,
    value,
    "must be the number of entries that a prefix_list may have, from 1 to 1000",
  );

export const optionWithout = (where: string | undefined, path: string, missing: string, example: string): Fault =>
  new Fault("firewall/option-incomplete", at(where, `${path} has no ${missing}`), {
    hint: `write for example ${example}`,
    exit: EXIT.usage,
  });

export const severalSources = (where: string | undefined, path: string, sources: readonly string[]): Fault =>
  new Fault("firewall/several-sources", at(where, `${path} has ${sources.join(" and ")}`), {
    hint: "an entry has one source: write an entry for each",
    exit: EXIT.usage,
  });

export const exclusive = (where: string | undefined, other: string, otherWhere: string | undefined): Fault =>
  new Fault(
    "firewall/exclusive",
    at(where, `ingress and ${other}${otherWhere === undefined ? "" : ` (${otherWhere})`} are both given`),
    {
      hint: `"ingress" is the whole list, to which no other option adds: keep one of the two`,
      exit: EXIT.usage,
    },
  );

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

export const tooManyRules = (
  group: string,
  family: 4 | 6,
  count: number,
  limit: number,
  ways: readonly string[],
): Fault =>
  new Fault(
    "firewall/too-many-rules",
    `${group} would have ${count} IPv${family} ingress rules, and AWS allows ${limit}`,
    {
      hint: `ways out:\n${ways.map((way) => `- ${way}`).join("\n")}`,
    },
  );

export const leaseInThePast = (until: Date): Fault =>
  new Fault("firewall/lease-in-the-past", `a lease until ${quote(until.toISOString())} would be over already`, {
    hint: "write how long it is to last, such as --for 8h",
    exit: EXIT.usage,
  });

export const noLease = (name: string): Fault =>
  new Fault("firewall/no-lease", `${quote(name)} holds no lease in these groups`, {
    hint: `grant one: sallyport access grant ${name} --from caller --for 8h`,
    exit: EXIT.notFound,
  });
