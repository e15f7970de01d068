import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Ec2 } from "../../../firewall/security-group/ec2.js";
import {
  endExpiredLeases,
  grantLease,
  type LeaseOptions,
  listLeases,
  renewLease,
  revokeLease,
} from "../../../firewall/security-group/leases.js";
import { reportLines } from "../../../firewall/security-group/report.js";
import { sync } from "../../../firewall/security-group/sync.js";
import { Cidr } from "../../../net/cidr.js";
import { clientOf, type Moto, startMoto } from "../../support/moto.js";

const at = (hour: number) => new Date(`2026-03-01T${String(hour).padStart(2, "0")}:00:00Z`);

let moto: Moto;
let ec2: Ec2;
let group = "";
let count = 0;
beforeAll(async () => {
  moto = await startMoto();
  ec2 = new Ec2(clientOf(moto.url), { baseMs: 1 });
});
afterAll(() => moto.stop());
beforeEach(async () => {
  count += 1;
  group = await moto.raw.createGroup(`leases-${count}`);
});

const on = (hour: number, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
  ec2,
  groupIds: [group],
  now: at(hour),
  ...more,
});
const ports = [{ from: 22, to: 22 }];
const alice = { name: "alice", sources: [Cidr.host("101.2.3.4")], ports, until: at(16) };
const rules = async () =>
  (await moto.raw.rules(group)).map(({ content, description }) => `${content} ${description}`).sort();
const follow = (addresses: string[], hour: number) =>
  sync({
    ec2,
    addresses,
    targets: [{ kind: "group", groupId: group, ports }],
    owner: "faculty",
    overrides: { allowEmpty: true, maxShrink: 1 },
    now: at(hour),
  });

test("a lease is granted, listed, renewed and revoked", async () => {
  expect(reportLines(await grantLease(on(8), alice))).toEqual([
    `+ ${group} tcp 22 101.2.3.4/32 (lease of alice until 2026-03-01T16:00:00Z)`,
  ]);
  expect(await listLeases(on(9))).toMatchObject([{ groupId: group, holders: ["alice"], until: at(16), isOver: false }]);
  await renewLease(on(9), { name: "alice", until: at(20) });
  expect(await rules()).toEqual(["tcp 22-22 101.2.3.4/32 sallyport:access until=2026-03-01T20:00:00Z for=alice"]);
  expect(reportLines(await revokeLease(on(10), "alice"))).toEqual([
    `- ${group} tcp 22 101.2.3.4/32 (lease of alice until 2026-03-01T20:00:00Z)`,
  ]);
  expect(await rules()).toEqual([]);
});

test("a dry run tells and does nothing", async () => {
  const report = await grantLease(on(8, { dryRun: true }), alice);
  expect(report).toMatchObject({ changed: true, added: [{ source: "101.2.3.4/32" }] });
  expect(await rules()).toEqual([]);
});

test("the sync of a list leaves a lease alone until it is over, and then removes it", async () => {
  await grantLease(on(8), alice);
  await follow(["105.6.7.8"], 15);
  expect(await rules()).toHaveLength(2);
  await follow(["105.6.7.8"], 16);
  expect(await rules()).toEqual(["tcp 22-22 105.6.7.8/32 sallyport:faculty"]);
});

test("a lease survives the list's loss of the address, and the list survives the end of the lease", async () => {
  await follow(["101.2.3.4", "105.6.7.8"], 8);
  await grantLease(on(8), alice);
  expect(await rules()).toEqual([
    "tcp 22-22 101.2.3.4/32 sallyport:faculty until=2026-03-01T16:00:00Z for=alice",
    "tcp 22-22 105.6.7.8/32 sallyport:faculty",
  ]);
  await follow(["105.6.7.8"], 9);
  expect((await rules())[0]).toContain("sallyport:access until=2026-03-01T16:00:00Z for=alice");
  await follow(["101.2.3.4", "105.6.7.8"], 10);
  await endExpiredLeases(on(17));
  expect(await rules()).toEqual([
    "tcp 22-22 101.2.3.4/32 sallyport:faculty",
    "tcp 22-22 105.6.7.8/32 sallyport:faculty",
  ]);
});

test("who grants access where somebody else lets the address in already is told whose rule it is", async () => {
  await moto.raw.allow(group, 22, "101.2.3.4/32", "by hand");
  const report = await grantLease(on(8), alice);
  expect(report.changed).toBe(false);
  expect(reportLines(report)).toEqual([`foreign ${group} tcp 22 101.2.3.4/32 (counts as there)`]);
});

test("a revoke that would cut off where it runs from is refused until it is confirmed", async () => {
  await grantLease(on(8), alice);
  const callers = [Cidr.host("101.2.3.4")];
  await expect(revokeLease(on(9, { callers }), "alice")).rejects.toMatchObject({ code: "firewall/lockout" });
  await revokeLease(on(9, { callers, overrides: { confirmLockout: true } }), "alice");
  expect(await rules()).toEqual([]);
});

test("a lease of the caller that is over ends without a question", async () => {
  await grantLease(on(8), alice);
  await endExpiredLeases(on(17, { callers: [Cidr.host("101.2.3.4")] }));
  expect(await rules()).toEqual([]);
});

test("a lease in the past, and one that nobody holds, are refused with what to type", async () => {
  await expect(grantLease(on(17), alice)).rejects.toMatchObject({
    code: "firewall/lease-in-the-past",
    message: 'a lease until "2026-03-01T16:00:00.000Z" would be over already',
  });
  await expect(renewLease(on(8), { name: "alice", until: at(16) })).rejects.toMatchObject({
    code: "firewall/no-lease",
    exit: 3,
  });
});
