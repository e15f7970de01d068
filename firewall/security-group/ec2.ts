/**
 * The only edge to EC2. Reads are paginated and retried. A write is one call, however many rules, and
 * returns an {@link Outcome}: unless it is `done`, the caller reads again before it goes on.
 */
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
  type ManagedPrefixList,
  ModifyManagedPrefixListCommand,
  type PrefixListEntry as RawEntry,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { type Backoff, pause } from "../../base/async/backoff.js";
import { defined } from "../../base/defined.js";
import { awsConnection } from "../../http/client/aws.js";
import {
  type DescribedRule,
  type InstalledRule,
  type PrefixListEntry,
  readEntry,
  readRule,
  toPermissions,
} from "../../net/ec2-rules.js";
import { classifyAwsError } from "./aws-errors.js";
import * as faults from "./aws-faults.js";
import type { PrefixListBatch } from "./plan-prefix-list.js";

/**
 * The outcome of a write: `done`; `stale` if the rules differed from the last read or it is unclear
 * whether the write took effect; `contended` if another client changes the prefix list.
 */
export type Outcome = "done" | "stale" | "contended";

export interface PrefixList {
  readonly id: string;
  readonly name: string;
  readonly family: 4 | 6;
  readonly version: number;
  readonly maxEntries: number;
  readonly entries: readonly PrefixListEntry[];
}

export interface Ec2Options {
  readonly region?: string;
  /** @default AWS_ENDPOINT_URL, else AWS itself */
  readonly endpoint?: string;
  readonly retries?: RetryOptions;
}

export interface RetryOptions extends Partial<Backoff> {
  /** Calls in all, the first included. @default 8 */
  readonly attempts?: number;
}

/** A client with the environment's credentials and region. */
export function connectEc2(options: Ec2Options = {}): Ec2 {
  const client = new EC2Client(
    defined({
      region: options.region,
      endpoint: options.endpoint,
      // The SDK would resend a write whose response was lost. We read first whether it took effect.
      maxAttempts: 1,
      ...awsConnection(),
    }),
  );
  return new Ec2(client, options.retries);
}

export class Ec2 {
  readonly #client: EC2Client;
  readonly attempts: number;
  readonly backoff: Backoff;

  /** @param client must make one attempt per call (`maxAttempts: 1`). */
  constructor(client: EC2Client, { attempts = 8, ...backoff }: RetryOptions = {}) {
    this.#client = client;
    this.attempts = attempts;
    this.backoff = { baseMs: 200, capMs: 8_000, ...backoff };
  }

  close(): void {
    this.#client.destroy();
  }

  /** The ingress rules of each group, in one read for all of them. */
  async readRules(groupIds: readonly string[], signal?: AbortSignal): Promise<Map<string, InstalledRule[]>> {
    const groups = new Map(groupIds.map((id): [string, InstalledRule[]] => [id, []]));
    const seen = new Set<string>();
    const Filters = [{ Name: "group-id", Values: [...groups.keys()] }];
    let NextToken: string | undefined;
    do {
      const page: { SecurityGroupRules?: SecurityGroupRule[] | undefined; NextToken?: string | undefined } =
        await this.#read(
          "ec2:DescribeSecurityGroupRules",
          (http) =>
            this.#client.send(
              new DescribeSecurityGroupRulesCommand({ Filters, MaxResults: 1000, ...(NextToken && { NextToken }) }),
              http,
            ),
          signal,
        );
      for (const raw of page.SecurityGroupRules ?? []) {
        seen.add(raw.GroupId ?? "");
        if (raw.IsEgress !== true) groups.get(raw.GroupId ?? "")?.push(readRule(raw));
      }
      NextToken = page.NextToken;
    } while (NextToken);
    await this.#checkExist(
      [...groups.keys()].filter((id) => !seen.has(id)),
      signal,
    );
    return groups;
  }

  /** The filter above ignores a missing group; this call fails for it. */
  async #checkExist(GroupIds: string[], signal: AbortSignal | undefined): Promise<void> {
    if (GroupIds.length === 0) return;
    const command = new DescribeSecurityGroupsCommand({ GroupIds });
    await this.#read("ec2:DescribeSecurityGroups", (http) => this.#client.send(command, http), signal);
  }

  /** Adds all or none. */
  async authorize(GroupId: string, rules: readonly DescribedRule[]): Promise<Outcome> {
    const IpPermissions = toPermissions(rules);
    return this.#write("ec2:AuthorizeSecurityGroupIngress", GroupId, () =>
      this.#client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })),
    );
  }

  /** Removes by rule id, so that a new rule in the same place is safe. */
  async revoke(GroupId: string, rules: readonly InstalledRule[]): Promise<Outcome> {
    const SecurityGroupRuleIds = rules.map(({ id }) => id);
    return this.#write("ec2:RevokeSecurityGroupIngress", GroupId, () =>
      this.#client.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds })),
    );
  }

  /** Changes the descriptions of existing rules. */
  async describe(GroupId: string, rules: readonly DescribedRule[]): Promise<Outcome> {
    const IpPermissions = toPermissions(rules);
    return this.#write("ec2:UpdateSecurityGroupRuleDescriptionsIngress", GroupId, () =>
      this.#client.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions })),
    );
  }

  /** The list and its entries as of one version. Waits while a change is under way. */
  async readPrefixList(id: string, signal?: AbortSignal): Promise<PrefixList> {
    const list = await this.#settledList(id, signal);
    const entries: PrefixListEntry[] = [];
    let NextToken: string | undefined;
    do {
      const page: { Entries?: RawEntry[] | undefined; NextToken?: string | undefined } = await this.#read(
        "ec2:GetManagedPrefixListEntries",
        (http) =>
          this.#client.send(
            new GetManagedPrefixListEntriesCommand({
              PrefixListId: id,
              TargetVersion: list.version,
              MaxResults: 100,
              ...(NextToken && { NextToken }),
            }),
            http,
          ),
        signal,
      );
      entries.push(...(page.Entries ?? []).map(readEntry));
      NextToken = page.NextToken;
    } while (NextToken);
    const { failure: _failure, ...rest } = list;
    return { ...rest, entries };
  }

  /**
   * Adds and removes in one call, on top of exactly the version that was read.
   *
   * @returns the new version, or why there is none.
   */
  async modifyPrefixList(
    list: Pick<PrefixList, "id" | "name" | "version">,
    { add, remove }: PrefixListBatch,
    Description: string,
  ): Promise<number | Exclude<Outcome, "done">> {
    const input = defined({
      PrefixListId: list.id,
      CurrentVersion: list.version,
      // Repeated, because an implementation that takes the request for the whole list would erase the name.
      PrefixListName: list.name,
      AddEntries: add.length === 0 ? undefined : add.map((cidr) => ({ Cidr: cidr.toString(), Description })),
      RemoveEntries: remove.length === 0 ? undefined : remove.map((cidr) => ({ Cidr: cidr.toString() })),
    });
    let made: ManagedPrefixList | undefined;
    const outcome = await this.#write("ec2:ModifyManagedPrefixList", list.id, async () => {
      made = (await this.#client.send(new ModifyManagedPrefixListCommand(input))).PrefixList;
    });
    if (outcome !== "done") return outcome;
    if (made?.State === "modify-complete" && made.Version === list.version + 1) return made.Version;
    const { version, failure } = await this.#settledList(list.id);
    if (failure !== undefined) throw faults.prefixListFailed(list.id, failure);
    // Another client made a version in between.
    return version === list.version + 1 ? version : "contended";
  }

  /** The list once no change is under way, and why the last change failed, if it did. */
  async #settledList(
    id: string,
    signal?: AbortSignal,
  ): Promise<Omit<PrefixList, "entries"> & { readonly failure?: string }> {
    for (let tries = 1; ; tries += 1) {
      const page = await this.#read(
        "ec2:DescribeManagedPrefixLists",
        (http) => this.#client.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }), http),
        signal,
      );
      const raw = page.PrefixLists?.[0];
      if (raw === undefined) throw faults.prefixListMissing(id);
      if (raw.Version === undefined) throw faults.prefixListOfAws(id);
      if (!raw.State?.endsWith("-in-progress")) {
        return defined({
          id,
          name: raw.PrefixListName ?? "",
          family: raw.AddressFamily === "IPv6" ? 6 : 4,
          version: raw.Version,
          maxEntries: raw.MaxEntries ?? 0,
          failure: raw.State?.endsWith("-failed") ? (raw.StateMessage ?? raw.State) : undefined,
        });
      }
      if (tries >= 4 * this.attempts) throw faults.prefixListBusy(id);
      await pause(Math.min(tries, 4), this.backoff, signal);
    }
  }

  /** A read may always be sent again. */
  async #read<Output>(
    action: string,
    send: (http: { abortSignal?: AbortSignal }) => Promise<Output>,
    signal?: AbortSignal,
  ): Promise<Output> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await send(signal === undefined ? {} : { abortSignal: signal });
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = classifyAwsError(error);
        if (verdict !== "throttled" && verdict !== "unclear") throw faults.of(error, action);
        if (failures >= this.attempts) throw faults.gaveUp(error, action, failures);
      }
      await pause(failures, this.backoff, signal);
    }
  }

  /** Resends throttled calls. No signal ends a write. */
  async #write(action: string, target: string, send: () => Promise<unknown>): Promise<Outcome> {
    for (let failures = 1; ; failures += 1) {
      try {
        await send();
        return "done";
      } catch (error) {
        const verdict = classifyAwsError(error);
        if (verdict === "fatal") throw faults.of(error, action, target);
        if (verdict === "contended") return "contended";
        if (verdict !== "throttled") return "stale";
        if (failures >= this.attempts) throw faults.gaveUp(error, action, failures);
      }
      await pause(failures, this.backoff);
    }
  }
}
