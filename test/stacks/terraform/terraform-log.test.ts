import { expect, test } from "vitest";
import { endsMachine } from "../../../stacks/lifecycle/deployment.js";
import { TerraformLog } from "../../../stacks/terraform/terraform-log.js";

const address = "aws_instance.accelerator-1_Instance_41071B5E";
const log = () => new TerraformLog((text) => (text === address ? "accelerator-1/Instance" : text));
const event = (value: object) => JSON.stringify(value);

test("progress is one line per resource, by its construct", () => {
  const read = log();
  const hook = (type: string, action: string, more = {}) =>
    read.read(event({ type, hook: { resource: { addr: address }, action, ...more } }));
  expect([
    hook("apply_start", "create"),
    hook("apply_progress", "create", { elapsed_seconds: 10 }),
    hook("apply_complete", "create", { elapsed_seconds: 11 }),
    hook("apply_start", "delete"),
    hook("refresh_start", "read"),
    hook("apply_start", "read"),
  ]).toEqual([
    "creating accelerator-1/Instance",
    "creating accelerator-1/Instance (10 s)",
    "created accelerator-1/Instance (11 s)",
    "deleting accelerator-1/Instance",
    undefined,
    undefined,
  ]);
});

test("a plan is read as changes, and one that ends a machine is told from others", () => {
  const read = log();
  const change = (action: string, addr: string, resource_type: string) =>
    read.read(event({ type: "planned_change", change: { action, resource: { addr, resource_type } } }));
  change("replace", address, "aws_instance");
  change("delete", "aws_instance.old", "aws_instance");
  change("update", "aws_instance.other", "aws_instance");
  change("replace", "aws_key_pair.key", "aws_key_pair");
  change("no-op", "aws_key_pair.same", "aws_key_pair");
  change("read", "data.x.y", "x");
  expect(read.changes.map(({ action, name }) => `${action} ${name}`)).toEqual([
    "replace accelerator-1/Instance",
    "delete aws_instance.old",
    "update aws_instance.other",
    "replace aws_key_pair.key",
  ]);
  expect(read.changes.map(endsMachine)).toEqual([true, true, false, false]);
});

test("a failure is its summary and detail, each once, and warnings are none", () => {
  const read = log();
  const fail = (severity: string, summary: string, detail = "") =>
    read.read(event({ type: "diagnostic", diagnostic: { severity, summary, detail, address } }));
  fail("warning", "careful");
  fail("error", "creating EC2 Instance", "VcpuLimitExceeded: You have requested more vCPU\n\n  than your limit");
  fail("error", "creating EC2 Instance", "VcpuLimitExceeded: You have requested more vCPU\n\n  than your limit");
  expect(read.explanation).toMatchInlineSnapshot(`
    "accelerator-1/Instance: creating EC2 Instance
    VcpuLimitExceeded: You have requested more vCPU
    than your limit"
  `);
});

test("lines that are no events are passed over", () => {
  const read = log();
  expect(["", "not json", "null", "[]", '{"type":"version"}'].map((line) => read.read(line))).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
  expect(read.changes).toEqual([]);
});
