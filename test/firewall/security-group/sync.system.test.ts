import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Ec2 } from "../../../firewall/security-group/ec2.js";
import { reportLines } from "../../../firewall/security-group/report.js";
import { planSync, type SyncOptions, sync } from "../../../firewall/security-group/sync.js";
import { Cidr } from "../../../net/cidr.js";
import { FaultProxy, type FaultProxyOptions } from "../../support/fault-proxy.js";
import { clientOf, type Moto, startMoto } from "../../support/moto.js";

let moto: Moto;
let group = "";
let count = 0;
const proxies: FaultProxy[] = [];

beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());
beforeEach(async () => {
  count += 1;
  group = await moto.raw.createGroup(`sync-${count}`);
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) {
    await proxy.close();
    expect(proxy.failures).toEqual([]);
  }
});

const backoff = { baseMs: 1, capMs: 4 };

async function behind(options: Omit<FaultProxyOptions, "upstream"> = {}): Promise<{ proxy: FaultProxy; ec2: Ec2 }> {
  const proxy = await FaultProxy.start({ upstream: moto.url, ...options });
  proxies.push(proxy);
  return { proxy, ec2: new Ec2(clientOf(proxy.url), backoff) };
}

type Changes = Partial<SyncOptions> & { readonly ec2: Ec2; readonly addresses: readonly string[] };

const follow = (changes: Changes): SyncOptions => ({
  owner: "faculty",
  targets: [{ kind: "group", groupId: group, ports: [{ from: 5432, to: 5432 }] }],
  ...changes,
});

const contents = async () => (await moto.raw.rules(group)).map(({ content }) => content).sort();

test("the list of the seed becomes one rule per address, in one call that reads and one that changes", async () => {
  const { proxy, ec2 } = await behind();
  const report = await sync(follow({ ec2, addresses: ["101.2.3.4", "105.6.7.8"] }));
  expect(proxy.takeCalls()).toEqual(["DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress"]);
  expect(reportLines(report)).toEqual([`+ ${group} tcp 5432 101.2.3.4/32`, `+ ${group} tcp 5432 105.6.7.8/32`]);
  expect(await moto.raw.rules(group)).toMatchObject([
    { content: "tcp 5432-5432 101.2.3.4/32", description: "sallyport:faculty" },
    { content: "tcp 5432-5432 105.6.7.8/32", description: "sallyport:faculty" },
  ]);
});

test("a second run with the same list changes nothing", async () => {
  const { proxy, ec2 } = await behind();
  const addresses = ["101.2.3.4", "2600:1f18::7"];
  await sync(follow({ ec2, addresses }));
  proxy.takeCalls();
  const report = await sync(follow({ ec2, addresses }));
  expect(proxy.takeCalls()).toEqual(["DescribeSecurityGroupRules"]);
  expect(report).toMatchObject({ changed: false, added: [], removed: [], kept: [{}, {}] });
});

test("any change of one group takes at most three calls, however many addresses, and grants first", async () => {
  const { proxy, ec2 } = await behind();
  const overrides = { maxShrink: 1 };
  const before = Array.from({ length: 30 }, (_, index) => `101.2.3.${index}`);
  const after = Array.from({ length: 30 }, (_, index) => `101.2.4.${index}`);
  await sync(follow({ ec2, addresses: before, overrides }));
  proxy.takeCalls();
  await sync(follow({ ec2, addresses: after, overrides }));
  expect(proxy.takeCalls()).toEqual([
    "DescribeSecurityGroupRules",
    "AuthorizeSecurityGroupIngress",
    "RevokeSecurityGroupIngress",
  ]);
  expect(await contents()).toEqual(after.map((address) => `tcp 5432-5432 ${address}/32`).sort());
});

test("where old and new do not fit together, what is stale goes first, and nothing that is in both", async () => {
  const { proxy, ec2 } = await behind();
  const before = Array.from({ length: 60 }, (_, index) => `101.2.3.${index}`);
  const after = before.map((address, index) => (index < 20 ? `101.2.4.${index}` : address));
  await sync(follow({ ec2, addresses: before }));
  proxy.takeCalls();
  await sync(follow({ ec2, addresses: after }));
  expect(proxy.takeCalls()).toEqual([
    "DescribeSecurityGroupRules",
    "RevokeSecurityGroupIngress",
    "AuthorizeSecurityGroupIngress",
  ]);
  expect(await contents()).toEqual(after.map((address) => `tcp 5432-5432 ${address}/32`).sort());
});

test("a list that the quota has no room for changes nothing and names the ways out", async () => {
  const { proxy, ec2 } = await behind();
  const addresses = Array.from({ length: 61 }, (_, index) => `101.2.3.${index}`);
  await expect(sync(follow({ ec2, addresses }))).rejects.toMatchObject({
    hint: expect.stringContaining("managed prefix list"),
  });
  expect(proxy.takeCalls()).toEqual(["DescribeSecurityGroupRules"]);
});

test("A-06: one duplicate in the batch does not keep the others out", async () => {
  const { proxy, ec2 } = await behind({
    before: async ({ action }) => {
      const isFirst = proxy.calls.filter((call) => call.action === action).length === 1;
      if (action === "AuthorizeSecurityGroupIngress" && isFirst)
        await moto.raw.allow(group, 5432, "105.6.7.8/32", "ops");
    },
  });
  const report = await sync(follow({ ec2, addresses: ["101.2.3.4", "105.6.7.8", "109.1.1.1"] }));
  expect(await contents()).toEqual([
    "tcp 5432-5432 101.2.3.4/32",
    "tcp 5432-5432 105.6.7.8/32",
    "tcp 5432-5432 109.1.1.1/32",
  ]);
  expect(report.foreign).toEqual([
    { target: group, protocol: "tcp", ports: "5432", source: "105.6.7.8/32", wanted: true },
  ]);
});

test("a rule that is gone before it is revoked is no failure, and the others go all the same", async () => {
  const { proxy, ec2 } = await behind({
    before: async ({ action, params }) => {
      const isFirst = proxy.calls.filter((call) => call.action === action).length === 1;
      const id = params.get("SecurityGroupRuleId.1");
      if (action === "RevokeSecurityGroupIngress" && isFirst && id) await moto.raw.revoke(group, id);
    },
  });
  const overrides = { maxShrink: 1 };
  await sync(follow({ ec2, addresses: ["101.2.3.4", "105.6.7.8", "109.1.1.1"] }));
  await sync(follow({ ec2, addresses: ["109.1.1.1"], overrides }));
  expect(await contents()).toEqual(["tcp 5432-5432 109.1.1.1/32"]);
});

test("rules of others stay, whatever the list says, and one with the wanted content counts as there", async () => {
  const { ec2 } = await behind();
  await moto.raw.allow(group, 5432, "101.2.3.4/32", "by hand");
  await moto.raw.allow(group, 22, "105.6.7.8/32", "sallyport:accelerators caller");
  await moto.raw.allow(group, 5432, "106.6.7.8/32", "sallyport:another-list");
  const report = await sync(follow({ ec2, addresses: ["101.2.3.4", "109.1.1.1"] }));
  expect(reportLines(report)).toEqual([
    `+ ${group} tcp 5432 109.1.1.1/32`,
    `foreign ${group} tcp 22 105.6.7.8/32`,
    `foreign ${group} tcp 5432 101.2.3.4/32 (counts as there)`,
    `foreign ${group} tcp 5432 106.6.7.8/32`,
  ]);
  await sync(follow({ ec2, addresses: [], overrides: { allowEmpty: true } }));
  expect(await contents()).toHaveLength(3);
});

test("a plan is a plan: nothing changes until it is applied", async () => {
  const { proxy, ec2 } = await behind();
  const plan = await planSync(follow({ ec2, addresses: ["101.2.3.4"] }));
  expect(reportLines(plan.preview)).toEqual([`+ ${group} tcp 5432 101.2.3.4/32`]);
  expect(plan.preview.changed).toBe(true);
  expect(proxy.takeCalls()).toEqual(["DescribeSecurityGroupRules"]);
  expect(await plan.apply()).toEqual(plan.preview);
});

test("throttling is waited out; a service that stays silent is given up on, with nothing changed", async () => {
  let left = 3;
  const patient = await behind({
    fault: () => {
      left -= 1;
      return left >= 0 ? "throttled" : undefined;
    },
  });
  await sync(follow({ ec2: patient.ec2, addresses: ["101.2.3.4"] }));
  expect(await contents()).toEqual(["tcp 5432-5432 101.2.3.4/32"]);
  const never = await behind({ fault: () => "unavailable" });
  await expect(sync(follow({ ec2: never.ec2, addresses: ["101.2.3.5"] }))).rejects.toMatchObject({
    code: "firewall/aws-unreachable",
    message: "ec2:DescribeSecurityGroupRules was tried 8 times in vain: The service is unavailable.",
  });
});

test.each(["lost", "cut", "internal"] as const)(
  "a write whose answer is %s is looked up, not guessed",
  async (fault) => {
    const { proxy, ec2 } = await behind({
      fault: ({ action }) => {
        const isFirst = proxy.calls.filter((call) => call.action === action).length === 1;
        return action.startsWith("Describe") || !isFirst ? undefined : fault;
      },
    });
    await sync(follow({ ec2, addresses: ["101.2.3.4", "105.6.7.8"] }));
    const report = await sync(follow({ ec2, addresses: ["101.2.3.4", "109.1.1.1"] }));
    expect(await contents()).toEqual(["tcp 5432-5432 101.2.3.4/32", "tcp 5432-5432 109.1.1.1/32"]);
    expect(report).toMatchObject({
      added: [{ source: "109.1.1.1/32" }],
      removed: [{ source: "105.6.7.8/32" }],
      kept: [{ source: "101.2.3.4/32" }],
    });
  },
);

test("rules beyond the first page are seen", async () => {
  const { proxy, ec2 } = await behind({ pageSize: 5 });
  const addresses = Array.from({ length: 23 }, (_, index) => `101.2.3.${index}`);
  await sync(follow({ ec2, addresses }));
  proxy.takeCalls();
  const report = await sync(follow({ ec2, addresses }));
  expect(report.kept).toHaveLength(23);
  expect(new Set(proxy.takeCalls())).toEqual(new Set(["DescribeSecurityGroupRules"]));
});

test("several groups are read in one call, and one that fails does not hold up the others", async () => {
  const { proxy, ec2 } = await behind({
    before: async ({ action, params }) => {
      if (action === "AuthorizeSecurityGroupIngress" && params.get("GroupId") === doomed)
        await moto.raw.deleteGroup(doomed);
    },
  });
  const doomed = await moto.raw.createGroup(`doomed-${count}`);
  const ports = [{ from: 22, to: 22 }];
  const targets = [doomed, group].map((groupId) => ({ kind: "group" as const, groupId, ports }));
  await expect(sync(follow({ ec2, addresses: ["101.2.3.4"], targets }))).rejects.toMatchObject({
    code: "firewall/group-missing",
  });
  expect(proxy.takeCalls()[0]).toBe("DescribeSecurityGroupRules");
  expect(await contents()).toEqual(["tcp 22-22 101.2.3.4/32"]);
});

test("a group that does not exist is named, even where nothing would be granted", async () => {
  const { ec2 } = await behind();
  const targets = [{ kind: "group" as const, groupId: "sg-0123456789abcdef0", ports: [{ from: 22, to: 22 }] }];
  await expect(sync(follow({ ec2, addresses: [], targets, overrides: { allowEmpty: true } }))).rejects.toMatchObject({
    code: "firewall/group-missing",
    exit: 3,
  });
});

test("the caller is not cut off, unless that is confirmed", async () => {
  const { ec2 } = await behind();
  const callers = [Cidr.host("101.2.3.4")];
  await sync(follow({ ec2, addresses: ["101.2.3.4", "105.6.7.8"] }));
  await expect(sync(follow({ ec2, addresses: ["105.6.7.8"], callers }))).rejects.toMatchObject({
    code: "firewall/lockout",
    message: 'this would cut "101.2.3.4/32", where this command runs from, off "tcp 5432 from 101.2.3.4/32"',
  });
  expect(await contents()).toHaveLength(2);
  await sync(follow({ ec2, addresses: ["105.6.7.8"], callers, overrides: { confirmLockout: true } }));
  expect(await contents()).toEqual(["tcp 5432-5432 105.6.7.8/32"]);
});

test("a signal ends a run between plan and apply, and nothing was changed", async () => {
  const stop = new AbortController();
  const { proxy, ec2 } = await behind({
    after: async () => stop.abort(new Error("SIGTERM")),
  });
  await expect(sync(follow({ ec2, addresses: ["101.2.3.4"], signal: stop.signal }))).rejects.toThrow("SIGTERM");
  expect(proxy.takeCalls()).toEqual(["DescribeSecurityGroupRules"]);
});

test("a signal during the changes does not cut them short", async () => {
  const stop = new AbortController();
  const { ec2 } = await behind({
    after: async ({ action }) => {
      if (action === "AuthorizeSecurityGroupIngress") stop.abort(new Error("SIGTERM"));
    },
  });
  await sync(follow({ ec2, addresses: ["101.2.3.4"] }));
  await sync(follow({ ec2, addresses: ["101.2.3.5"], signal: stop.signal })).catch(() => undefined);
  expect(await contents()).toHaveLength(1);
});

const listTarget = (prefixListId: string) => [{ kind: "prefix-list" as const, prefixListId }];

test("a prefix list follows in one call, keeps its name and the entries of others", async () => {
  const { proxy, ec2 } = await behind();
  const list = await moto.raw.createPrefixList(`list-${count}`, "IPv4", 20);
  await moto.raw.addEntry(list, "8.8.8.8/32", "by hand");
  const targets = listTarget(list);
  await sync(follow({ ec2, targets, addresses: ["101.2.3.4", "105.6.7.8"] }));
  proxy.takeCalls();
  const report = await sync(follow({ ec2, targets, addresses: ["101.2.3.4", "109.1.1.1"] }));
  expect(proxy.takeCalls()).toEqual([
    "DescribeManagedPrefixLists",
    "GetManagedPrefixListEntries",
    "ModifyManagedPrefixList",
  ]);
  expect(reportLines(report)).toEqual([
    `+ ${list} 109.1.1.1/32`,
    `- ${list} 105.6.7.8/32`,
    `= ${list} 101.2.3.4/32`,
    `foreign ${list} 8.8.8.8/32`,
  ]);
  expect((await moto.raw.entries(list)).map(({ cidr }) => cidr).sort()).toEqual([
    "101.2.3.4/32",
    "109.1.1.1/32",
    "8.8.8.8/32",
  ]);
  expect(await moto.raw.call("DescribeManagedPrefixLists", { "PrefixListId.1": list })).toContain(`list-${count}`);
});

test("a large change of a prefix list goes in calls of at most 100 entries, each when the last is done", async () => {
  const { proxy, ec2 } = await behind({ slowLists: true, pageSize: 50 });
  const list = await moto.raw.createPrefixList(`large-${count}`, "IPv4", 250);
  const addresses = Array.from({ length: 230 }, (_, index) => `101.2.3.${index}`);
  await sync(follow({ ec2, targets: listTarget(list), addresses }));
  expect(proxy.takeCalls().filter((action) => action === "ModifyManagedPrefixList")).toHaveLength(3);
  expect(await moto.raw.entries(list)).toHaveLength(230);
});

test("a prefix list that somebody changed meanwhile is read again and changed on top of that, once", async () => {
  let meddle = 1;
  const { ec2 } = await behind({
    before: async ({ action }) => {
      if (action !== "ModifyManagedPrefixList" || meddle === 0) return;
      meddle -= 1;
      await moto.raw.addEntry(list, `8.8.8.${meddle}/32`, "by hand");
    },
  });
  const list = await moto.raw.createPrefixList(`raced-${count}`, "IPv4", 20);
  const targets = listTarget(list);
  await sync(follow({ ec2, targets, addresses: ["101.2.3.4"] }));
  expect((await moto.raw.entries(list)).map(({ cidr }) => cidr).sort()).toEqual(["101.2.3.4/32", "8.8.8.0/32"]);
  meddle = 2;
  await expect(sync(follow({ ec2, targets, addresses: ["105.6.7.8"] }))).rejects.toMatchObject({
    code: "firewall/prefix-list-contended",
    exit: 5,
  });
});

test("a prefix list without room changes nothing and names the call that makes room", async () => {
  const { ec2 } = await behind();
  const list = await moto.raw.createPrefixList(`small-${count}`, "IPv4", 2);
  const addresses = ["101.2.3.4", "105.6.7.8", "109.1.1.1"];
  await expect(sync(follow({ ec2, targets: listTarget(list), addresses }))).rejects.toMatchObject({
    code: "firewall/prefix-list-full",
    message: `the prefix list "${list}" holds 2 entries, and 3 are needed`,
  });
  expect(await moto.raw.entries(list)).toEqual([]);
});

test("an IPv6 address without a list to go to is refused, and goes to the list of its family if there is one", async () => {
  const { ec2 } = await behind();
  const four = await moto.raw.createPrefixList(`four-${count}`, "IPv4", 5);
  const six = await moto.raw.createPrefixList(`six-${count}`, "IPv6", 5);
  const addresses = ["101.2.3.4", "2600:1f18::7"];
  await expect(sync(follow({ ec2, targets: listTarget(four), addresses }))).rejects.toMatchObject({
    code: "firewall/no-list-for-family",
  });
  await sync(follow({ ec2, targets: [...listTarget(four), ...listTarget(six)], addresses }));
  expect(await moto.raw.entries(six)).toEqual([{ cidr: "2600:1f18::7/128", description: "sallyport:faculty" }]);
});
