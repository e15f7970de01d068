/** Faults of the flags of the firewall and access commands. */
import { type Fault, quote, usageFaults } from "../../base/fault.js";

const usage = usageFaults("cli");

export const tooShort = (flag: string, text: string, least: string): Fault =>
  usage("bad-duration", `${flag} ${quote(text)} is too short`, `write at least "${least}"`);

export const badPort = (text: string): Fault =>
  usage("bad-port", `${quote(text)} is not a port`, 'write a number from 1 to 65535, or a range such as "8000-8010"');

export const notAPort = (text: string): Fault =>
  usage("bad-port", `${quote(text)} is not a port`, "write a number from 1 to 65535");

export const notFrom = (word: string): Fault =>
  usage(
    "not-from",
    `${quote(word)} stands where "from" belongs`,
    "write for example: firewall why 22 from 203.0.113.7",
  );

export const badPercent = (text: string): Fault =>
  usage(
    "bad-percent",
    `--max-shrink is ${quote(text)}`,
    "write a whole number from 0 to 100: percent of the addresses",
  );

export const badQuota = (text: string): Fault =>
  usage("bad-quota", `--quota is ${quote(text)}`, "write how many rules a group of this account may hold, such as 60");

export const noTarget = (): Fault =>
  usage(
    "no-target",
    "neither a security group nor a prefix list is named",
    "add --group sg-… --port 5432, or --prefix-list pl-…",
  );

export const groupWithoutPort = (): Fault =>
  usage(
    "no-port",
    "--group without --port opens nothing",
    "name the ports that the list may reach, such as --port 5432",
  );

export const portWithoutGroup = (): Fault =>
  usage("no-group", "--port without --group", "a prefix list has no ports: the rules that refer to it have");

export const noOwner = (sources: readonly string[]): Fault =>
  usage(
    "no-owner",
    `nothing says under which name the rules of ${sources.length} sources are kept`,
    "name the list they make together, such as --owner databases",
  );

export const watchAndPlan = (flag: string): Fault =>
  usage("watch-and-plan", `--watch and ${flag} contradict each other`, "leave one of them out");

export const listenWithoutWatch = (): Fault =>
  usage("listen-without-watch", "--listen without --watch would end at once", "add --watch 5m");

export const twoCredentials = (): Fault =>
  usage("two-credentials", "a token and user:password are both given", "keep one of the two");

export const credentialsForMany = (count: number): Fault =>
  usage(
    "credentials-for-many",
    `${count} sources have a URL, and the credentials are for one of them`,
    "run a command of its own for each, with an --owner of its own",
  );

export const credentialsWithoutUrl = (): Fault =>
  usage("credentials-for-nobody", "no source has a URL that credentials or a certificate are for", "leave them out");

export const everybody = (text: string): Fault =>
  usage(
    "everybody",
    `a lease for ${quote(text)} would let in everybody`,
    "name who is to get in, such as --from 203.0.113.7",
  );

export const noDeployedGroup = (): Fault =>
  usage("no-group", "the deployment names no security group", "name one: --group sg-…");
