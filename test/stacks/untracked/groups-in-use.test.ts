/** What else uses a security group that is to be removed: Terraform would try for a quarter of an hour. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { EXIT } from "../../../base/fault.js";
import { loadConfig } from "../../../config/load.js";
import { refuseGroupsInUse } from "../../../stacks/untracked/groups-in-use.js";
import { test } from "../../fixtures/temporary.js";
import { type AwsAnswer, startAws } from "../../support/aws-server.js";

const removal = (type: string, name: string) => ({ action: "delete", type, address: `${type}.${name}`, name }) as const;
const GROUP = removal("aws_security_group", "Group");
const resource = (type: string, name: string, attributes: object) => ({
  mode: "managed",
  type,
  name,
  instances: [{ attributes }],
});
const STATE = {
  version: 4,
  resources: [
    resource("aws_security_group", "Group", { id: "sg-1" }),
    resource("aws_security_group", "Kept", { id: "sg-2" }),
    resource("aws_instance", "Host", { id: "i-1", primary_network_interface_id: "eni-1" }),
    resource("aws_autoscaling_group", "Fleet", { name: "lab-fleet" }),
  ],
};

const set = (name: string, ...items: readonly string[]) =>
  `<${name}>${items.map((item) => `<item>${item}</item>`).join("")}</${name}>`;
const user = (id: string, of: string) =>
  `<networkInterfaceId>${id}</networkInterfaceId>${of}${set("groupSet", "<groupId>sg-1</groupId>")}`;
const attached = (id: string) => `<attachment><instanceId>${id}</instanceId></attachment>`;
const interfaces = (...users: readonly string[]) => ({
  DescribeNetworkInterfaces: set("networkInterfaceSet", ...users),
});
const FREE = interfaces();

async function refuse(
  dir: string,
  answers: Readonly<Record<string, AwsAnswer>>,
  changes: Parameters<typeof refuseGroupsInUse>[2] = [GROUP],
  state: object = STATE,
) {
  const aws = await startAws({ ...FREE, ...answers });
  await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), JSON.stringify(state));
  const loaded = await loadConfig({ cwd: dir, env: { HOME: dir } });
  const notes: string[] = [];
  const done = refuseGroupsInUse(loaded, "accelerator-hosts", changes, { onNote: (text) => notes.push(text) });
  return { ...aws, notes, done };
}

const referring = set(
  "securityGroupInfo",
  `<groupId>sg-8</groupId>${set("ipPermissions", set("groups", "<groupId>sg-1</groupId>"))}`,
);

test.for([
  ["machine", interfaces(user("eni-9", attached("i-9"))), "sg-1 by eni-9 (i-9)"],
  [
    "service of AWS's",
    interfaces(user("eni-9", "<description>RDSNetworkInterface</description>")),
    "sg-1 by eni-9 (RDSNetworkInterface)",
  ],
  ["interface alone", interfaces(user("eni-9", "")), "sg-1 by eni-9 (not attached)"],
  ["rule of another group", { DescribeSecurityGroups: referring }, "sg-1 by sg-8 (a rule there names it)"],
] as const)(
  "S-19: a %s that uses the group is named before anything is removed",
  async ([, answers, named], { dir }) => {
    const { done } = await refuse(dir, answers);
    await expect(done).rejects.toMatchObject({
      code: "stacks/group-in-use",
      exit: EXIT.conflict,
      message: `EC2 would not remove what is still in use: ${named}`,
    });
  },
);

test("S-19: a machine in a subnet that is removed is named, and an endpoint of the stack's own is not", async ({
  dir,
}) => {
  const inside = (id: string, of: string) =>
    `<networkInterfaceId>${id}</networkInterfaceId><subnetId>subnet-1</subnetId>${of}`;
  const state = {
    version: 4,
    resources: [
      resource("aws_subnet", "Lan", { id: "subnet-1" }),
      resource("aws_vpc_endpoint", "Api", { id: "vpce-1", network_interface_ids: ["eni-1"] }),
    ],
  };
  const users = interfaces(
    inside("eni-1", "<description>VPC Endpoint Interface vpce-1</description>"),
    inside("eni-9", attached("i-9")),
  );
  const { done, asked } = await refuse(dir, users, [removal("aws_subnet", "Lan")], state);
  await expect(done).rejects.toMatchObject({
    code: "stacks/group-in-use",
    message: "EC2 would not remove what is still in use: subnet-1 by eni-9 (i-9)",
  });
  expect(asked).not.toContain("DescribeSecurityGroups");
});

test("S-19: the stack's own machines go with the group, and those of its fleet", async ({ dir }) => {
  const member = set("instancesSet", "<instanceId>i-5</instanceId>");
  const { done, notes } = await refuse(dir, {
    ...interfaces(user("eni-1", attached("i-1")), user("eni-5", attached("i-5"))),
    DescribeInstances: set("reservationSet", member),
  });
  await expect(done).resolves.toBeUndefined();
  expect(notes).toEqual([]);
});

test("S-19: a machine that is ending lets go of the group by itself", async ({ dir }) => {
  const machine = (id: string, name: string) =>
    `<instanceId>${id}</instanceId><instanceState><name>${name}</name></instanceState>`;
  const machines = set(
    "instancesSet",
    machine("i-7", "shutting-down"),
    machine("i-8", "terminated"),
    machine("i-9", "stopped"),
  );
  const users = ["7", "8", "9"].map((number) => user(`eni-${number}`, attached(`i-${number}`)));
  const { done } = await refuse(
    dir,
    { ...interfaces(...users), DescribeInstances: set("reservationSet", machines) },
    [GROUP],
    {
      ...STATE,
      resources: STATE.resources.filter(({ name }) => name !== "Fleet"),
    },
  );
  await expect(done).rejects.toThrow("still in use: sg-1 by eni-9 (i-9)");
});

test("S-19: without permission to ask there is a note; without a group to remove nothing is asked", async ({ dir }) => {
  const denied = await refuse(dir, { DescribeNetworkInterfaces: { refuse: "UnauthorizedOperation" } });
  await expect(denied.done).resolves.toBeUndefined();
  expect(denied.notes).toEqual([
    expect.stringMatching(/^not looked for what else uses the security groups and subnets: AWS does not/),
  ]);
  const idle = await refuse(dir, {}, []);
  await idle.done;
  expect(idle.asked).toEqual([]);
});
