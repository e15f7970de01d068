/**
 * Decides this machine's public address from the responses of several address services.
 *
 * No single service is trusted: it could be hijacked, broken or a captive portal, and its response would
 * open the firewall to a stranger. Per address family the address that most services name wins, if at
 * least two name it and no other address is named as often. Anything but a public unicast address counts
 * as no response.
 */
import { Cidr, uniqueCidrs } from "../../net/cidr.js";

export interface ServiceResponse {
  /** Host name of the service, for messages. */
  readonly service: string;
  /** The body. */
  readonly text?: string;
  readonly failure?: string;
}

export interface Agreement {
  /** One address per family that two or more services agree on; IPv4 first. */
  readonly callers: readonly Cidr[];
  /** One line per service that did not help, with the reason. */
  readonly objections: readonly string[];
}

const QUORUM = 2;

export function agreeOnCaller(answers: readonly ServiceResponse[]): Agreement {
  const objections: string[] = [];
  const votes: { service: string; caller: Cidr }[] = [];
  for (const answer of answers) {
    const read = readResponse(answer);
    if (typeof read === "string") objections.push(`${answer.service}: ${read}`);
    else votes.push({ service: answer.service, caller: read });
  }
  const callers: Cidr[] = [];
  for (const family of [4, 6] as const) {
    const ofFamily = votes.filter(({ caller }) => caller.family === family);
    const winner = mostNamed(ofFamily.map(({ caller }) => caller));
    if (winner !== undefined) callers.push(winner);
    for (const { service, caller } of ofFamily) {
      if (winner?.equals(caller)) continue;
      objections.push(
        `${service}: ${caller.address}, with which ${winner ? "the others disagree" : "no majority agrees"}`,
      );
    }
  }
  return { callers, objections };
}

function readResponse({ text, failure }: ServiceResponse): Cidr | string {
  if (text === undefined) return failure ?? "no answer";
  const shown = JSON.stringify(text.length > 45 ? `${text.slice(0, 42)}...` : text);
  let caller: Cidr;
  try {
    caller = Cidr.host(text.trim());
  } catch {
    return `answered ${shown}, which is not an address`;
  }
  return caller.isPublicUnicast ? caller : `answered ${shown}, which is not a public address`;
}

function mostNamed(callers: readonly Cidr[]): Cidr | undefined {
  const votesFor = (caller: Cidr) => callers.filter((other) => other.equals(caller)).length;
  const [leader, ...others] = uniqueCidrs(callers).sort((a, b) => votesFor(b) - votesFor(a));
  if (leader === undefined || votesFor(leader) < QUORUM) return undefined;
  return others.some((other) => votesFor(other) === votesFor(leader)) ? undefined : leader;
}
