/** What each safety check says: the reason, and the flag that overrides it. */
import { EXIT, Fault, quote } from "../../base/fault.js";

/** A change that a safety check refuses; nothing was changed. */
export class SafetyError extends Fault {}

const refusal = (code: string, message: string, hint: string): SafetyError =>
  new SafetyError(`firewall/${code}`, message, { hint });

const percent = (part: number): string => `${Math.round(part * 100)} %`;

export const notAnAddress = (text: string, count: number): SafetyError =>
  refusal(
    "list-not-an-address",
    `the list has ${quote(text)}, which is neither an address nor a block${count > 1 ? `, and ${count - 1} more such` : ""}`,
    "nothing was changed; --skip-invalid passes over what is not an address",
  );

export const emptyList = (): SafetyError =>
  refusal("list-empty", "the list is empty", "nothing was changed; --allow-empty removes every rule that follows it");

export const shrankTooMuch = (before: number, after: number, most: number): SafetyError =>
  refusal(
    "list-shrank",
    `the list shrank from ${before} to ${after} addresses, by more than ${percent(most)}`,
    `nothing was changed; --max-shrink ${Math.ceil(((before - after) / before) * 100)} permits it`,
  );

export const privateAddress = (text: string): SafetyError =>
  refusal(
    "list-private",
    `the list has ${quote(text)}, which is private or reserved: no packet from the Internet comes from there`,
    "nothing was changed; --allow-private permits such addresses",
  );

export const everybodyListed = (text: string): SafetyError =>
  refusal(
    "list-everybody",
    `the list has ${quote(text)}, which is as good as everybody`,
    "nothing was changed; --allow-everybody permits blocks of that width",
  );

export const everybodyTogether = (family: 4 | 6): SafetyError =>
  refusal(
    "list-everybody",
    `the blocks of the list together hold more than a quarter of all IPv${family} addresses`,
    "nothing was changed; --allow-everybody permits that",
  );

export const lockout = (caller: string, rule: string): SafetyError =>
  new SafetyError(
    "firewall/lockout",
    `this would cut ${quote(caller)}, where this command runs from, off ${quote(rule)}`,
    // The list itself may be right: the user has to confirm.
    { hint: "nothing was changed; --confirm-lockout permits it", exit: EXIT.conflict },
  );
