import { describe, expect, test } from "vitest";
import { newHosts, wantedMembers } from "../../../stacks/lifecycle/new-machines.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";

describe("what up waits for", () => {
  const change = (action: PlannedChange["action"], type: string, name: string): PlannedChange => ({
    action,
    type,
    name,
    address: `${type}.${name}`,
  });
  const hosts = ["a", "b", "c", "d"].map((name) => ({ name })) as never;

  test("is the hosts whose machines are new, and no others", () => {
    const changes = [
      change("replace", "aws_instance", "c/Instance"),
      change("create", "aws_instance", "a/Instance"),
      change("update", "aws_instance", "b/Instance"),
      change("delete", "aws_instance", "gone/Instance"),
      change("create", "aws_security_group", "d/Group"),
    ];
    expect(newHosts(changes, { hosts })).toEqual(["a", "c"]);
  });

  test.each([
    ["create", { max: 4, desired: 2 }, 2],
    ["update", { max: 4, min: 1 }, 1],
    ["create", { max: 4 }, 0],
    ["delete", { max: 4, desired: 2 }, 0],
  ] as const)("after %s of a fleet of %j is %i machines", (action, fleet, wanted) => {
    expect(wantedMembers([change(action, "aws_autoscaling_group", "Fleet/Group")], fleet)).toBe(wanted);
    expect(wantedMembers([change(action, "aws_launch_template", "Fleet/Template")], fleet)).toBe(0);
  });
});
