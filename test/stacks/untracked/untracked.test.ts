/** What the project made and no state of it holds. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { loadConfig } from "../../../config/load.js";
import { ensureProjectId, readRecord, recordPlace } from "../../../stacks/place/record.js";
import { remedyFor } from "../../../stacks/untracked/errors.js";
import { findUntracked } from "../../../stacks/untracked/find.js";
import { type TaggedResource, untrackedOf, untrackedText } from "../../../stacks/untracked/untracked.js";
import { test } from "../../fixtures/temporary.js";
import { startAws } from "../../support/aws-server.js";

const startedAt = new Date("2026-12-01T11:02:00Z");
const machine = (id: string, deployment: string | undefined, state = "running"): TaggedResource => ({
  id,
  type: "instance",
  tags: {
    "sallyport:host": "accelerator-1",
    ...(deployment === undefined ? {} : { "sallyport:deployment": deployment }),
  },
  machine: { type: "g6.xlarge", state, startedAt },
});
const group = (id: string): TaggedResource => ({ id, type: "security-group", tags: {} });
const OURS = ["lab-1a2b3c4d", "lab-1a2b3c4d-gw"];

describe("S-07: untracked is", () => {
  test.for([
    [
      "nothing that a state names, wherever in it",
      [machine("i-1", OURS[0]), group("sg-1")],
      ['{"id":"i-1"}', '["sg-1"]'],
      [],
    ],
    ["not what a state names a part of", [machine("i-1", OURS[0])], ['{"id":"i-12"}'], ["i-1"]],
    [
      "no machine that has ended",
      [machine("i-1", OURS[0], "terminated"), machine("i-2", OURS[0], "shutting-down")],
      [],
      [],
    ],
    ["a machine that only stopped: its disk costs", [machine("i-1", OURS[0], "stopped")], [], ["i-1"]],
    ["no machine of another key: the directory was copied", [machine("i-1", "lab-ffffffff")], [], []],
    [
      "machines first, then the rest",
      [group("sg-2"), group("sg-1"), machine("i-9", OURS[1])],
      [""],
      ["i-9", "sg-1", "sg-2"],
    ],
  ] as const)("%s", ([, resources, states, ids]) => {
    expect(untrackedOf(resources, states, OURS).map(({ id }) => id)).toEqual(ids);
  });
});

test("S-07: only machines with a deployment of ours may be removed", () => {
  const found = untrackedOf([machine("i-1", OURS[0]), machine("i-2", undefined), group("sg-1")], [], OURS);
  expect(found.map(({ id, removable }) => [id, removable])).toEqual([
    ["i-1", true],
    ["i-2", false],
    ["sg-1", false],
  ]);
  expect(untrackedText(found.slice(0, 1).concat(found.slice(2)))).toBe(
    "i-1 (accelerator-1, g6.xlarge, running since 2026-12-01T11:02:00.000Z), sg-1 (security group)",
  );
  const adopt = '"sallyport adopt" takes hosts and what belongs to them into the state';
  expect(remedyFor(found)).toBe(`${adopt}; "sallyport down --orphans" terminates machines`);
  expect(remedyFor(found.slice(2))).toBe(`${adopt}; remove the rest in AWS's console or with the aws command`);
});

test("S-07: what an interrupt left in another region is named with it, and is not removed from here", async ({
  dir,
}) => {
  const instance = `<instanceId>i-1</instanceId><instanceType>g6.xlarge</instanceType><instanceState><name>running</name></instanceState>`;
  const list = (name: string, item: string) => `<${name}><item>${item}</item></${name}>`;
  const only = { DescribeInstances: list("reservationSet", list("instancesSet", instance)) };
  const { regions } = await startAws(only);
  await ensureProjectId(dir);
  // Of the run that was interrupted; the state has nothing yet.
  await recordPlace(dir, "accelerator-hosts", { account: "111122223333", region: "us-east-1" });
  await writeFile(join(dir, "sallyport.yaml"), "region: eu-west-1\n");
  const loaded = await loadConfig({ cwd: dir, env: { HOME: dir } });
  const found = await findUntracked(loaded, { env: { HOME: dir } });
  expect([...new Set(regions)].sort()).toEqual(["eu-west-1", "us-east-1"]);
  // The server here has the same for both.
  expect(found.map(({ id, region, removable }) => [id, region, removable])).toEqual([
    ["i-1", undefined, false],
    ["i-1", "us-east-1", false],
  ]);
  expect(untrackedText(found)).toBe("i-1 (g6.xlarge, running), i-1 (g6.xlarge, running, in us-east-1)");
  expect(remedyFor(found)).toBe("set AWS_REGION=us-east-1, or region: us-east-1, to see to those there first");
});

test("the project's id stays, whatever else is noted, and is never committed", async ({ dir }) => {
  const ids = await Promise.all([1, 2, 3].map(() => ensureProjectId(dir)));
  expect(ids).toEqual([ids[0], ids[0], ids[0]]);
  expect(ids[0]).toMatch(/^[0-9a-f]{20}$/);
  const place = { account: "111122223333", region: "us-east-1" };
  await recordPlace(dir, "lab-gateway", place);
  expect(await readRecord(dir)).toEqual({ id: ids[0], places: { "lab-gateway": place } });
  await recordPlace(dir, "lab-gateway", undefined);
  expect(await readRecord(dir)).toEqual({ id: ids[0], places: {} });
  expect(await readFile(join(dir, ".sallyport/.gitignore"), "utf8")).toBe("*\n");
});

test("a project whose stacks were noted before it had an id gets one", async ({ dir }) => {
  const place = { account: "111122223333", region: "us-east-1" };
  await mkdir(join(dir, ".sallyport"));
  await recordPlace(dir, "accelerator-hosts", place);
  const id = await ensureProjectId(dir);
  expect(await readRecord(dir)).toEqual({ id, places: { "accelerator-hosts": place } });
});
