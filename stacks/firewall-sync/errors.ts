import { EXIT, Fault, quote } from "../../base/fault.js";

const sync = (code: string, message: string, hint: string): Fault =>
  new Fault(`stacks/${code}`, message, { hint, exit: EXIT.usage });

export const noSync = (): Fault =>
  sync(
    "no-sync",
    "nothing says what firewall-sync is to follow",
    "write firewall_sync: in sallyport.yaml, as docs/tasks/follow-an-address-list-with-lambda.md shows",
  );

export const localSource = (where: string, source: string): Fault =>
  sync(
    "local-source",
    `${where}: ${quote(source)} is something of this machine, which a function does not see`,
    "name a list at a URL, a DNS name or AWS's ranges; for this one run sallyport firewall sync here",
  );

export const syncsNothing = (where: string): Fault =>
  sync(
    "syncs-nothing",
    `${where}: firewall_sync names neither a group nor, with a source, a prefix list`,
    "write for example groups: [{ group: sg-0123456789abcdef0, ports: [5432] }]",
  );

export const groupWithoutPorts = (where: string, group: string): Fault =>
  sync("group-without-ports", `${where}: the group ${quote(group)} has no ports`, "write for example ports: [5432]");

export const badPortRange = (where: string, text: string): Fault =>
  sync("bad-port-range", `${where}: ${quote(text)} is not a range of ports`, 'write for example "8000-8010"');

export const noSyncOwner = (where: string, count: number): Fault =>
  sync(
    "no-owner",
    `${where}: nothing says under which name the rules of ${count} sources are kept`,
    "name the list they make together, such as owner: databases",
  );

export const reservedSyncOwner = (where: string, owner: string): Fault =>
  sync(
    "reserved-owner",
    `${where}: the owner ${quote(owner)} is for leases`,
    "name the list after what it follows, such as owner: faculty",
  );

export const twoSyncCredentials = (where: string): Fault =>
  sync("two-credentials", `${where}: token_parameter and basic_parameter are both given`, "keep one of the two");

export const credentialsForOne = (where: string): Fault =>
  sync(
    "credentials-for-one",
    `${where}: credentials are for one source with a URL, and there is not exactly one`,
    "leave the others out, or leave the credentials out",
  );
