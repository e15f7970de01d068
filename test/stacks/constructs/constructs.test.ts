import { Testing, Token } from "cdktf";
import { describe, expect, test } from "vitest";
import { CallerAccess } from "../../../index.js";
import { findHost } from "../../../stacks/accelerator-hosts/outputs.js";
import { deploymentSuffix, globalName, hostNames } from "../../../stacks/names.js";
import { resources, type Synthesized, synth } from "../support/sample.js";

const access = (props: { callers: string[]; ports?: number[] }) =>
  JSON.parse(
    Testing.synthScope((scope) => void new CallerAccess(scope, "A", { vpcId: "vpc-1", ...props })),
  ) as Synthesized;

describe("CallerAccess", () => {
  test("is closed but for the callers on the usual ports, each once", () => {
    const rules = resources(
      access({ callers: ["203.0.113.7", "203.0.113.7/32"] }),
      "aws_vpc_security_group_ingress_rule",
    );
    expect(rules.map((rule) => [rule.from_port, rule.to_port, rule.cidr_ipv4, rule.ip_protocol])).toEqual([
      [22, 22, "203.0.113.7/32", "tcp"],
      [443, 443, "203.0.113.7/32", "tcp"],
      [80, 80, "203.0.113.7/32", "tcp"],
    ]);
  });

  test.each([
    [{ callers: [] }, "callers is empty: nobody could reach the host"],
    [{ callers: ["203.0.113.7/24"] }, '"203.0.113.7/24" has bits set outside its mask'],
    [{ callers: [Token.asString({ Ref: "caller" })] }, "callers is a token whose value is not known before apply"],
    [{ callers: ["203.0.113.7"], ports: [0] }, 'port "0" is not a whole number from 1 to 65535'],
    [{ callers: ["203.0.113.7"], ports: [65_536] }, 'port "65536" is not a whole number from 1 to 65535'],
    [{ callers: ["203.0.113.7"], ports: [22.5] }, 'port "22.5" is not a whole number from 1 to 65535'],
  ])("%j is refused", (props, said) => {
    expect(() => access(props)).toThrow(said);
  });
});

describe("MachineImage", () => {
  test.each(["ubuntu", "ami-", "ami-XYZ", "toString", "__proto__"])("%j is neither a family nor an image", (ami) => {
    expect(() => synth({ ami })).toThrow(`ami ${JSON.stringify(ami)} is neither a family nor an image id`);
  });
});

describe("names", () => {
  test("the suffix is the key's: its comment and white space do not count", () => {
    const suffix = deploymentSuffix("ssh-ed25519 AAAAC3Nz someone@laptop\n");
    expect(suffix).toMatch(/^[0-9a-f]{8}$/);
    expect(deploymentSuffix("ssh-ed25519 AAAAC3Nz")).toBe(suffix);
    expect(deploymentSuffix("ssh-ed25519 AAAAC3Nx")).not.toBe(suffix);
  });

  test("the longest name fits IAM's 64 and S3's 63 characters", () => {
    expect(globalName(`${"a".repeat(32)}-1a2b3c4d`, "ap-southeast-1").length).toBeLessThanOrEqual(63);
  });

  test("hosts count from 1", () => {
    expect(hostNames(3)).toEqual(["accelerator-1", "accelerator-2", "accelerator-3"]);
  });
});

describe("findHost", () => {
  const host = (n: number) => ({
    name: `accelerator-${n}`,
    instance_id: `i-${n}`,
    public_ip: `203.0.113.${n}`,
    private_ip: `10.0.0.${n}`,
    agent_url: "",
    ssh_user: "ubuntu",
    ssh_command: "",
    kind: "new" as const,
    instance_type: "f2.6xlarge",
    spot: false,
    stop_mode: "term" as const,
  });
  const outputs = { hosts: [host(1), host(2)], security_group_id: "", callers: [], certificate_fingerprint: "" };

  test.each(["accelerator-2", "203.0.113.2", "10.0.0.2", "i-2"])("%s names the second", (name) => {
    expect(findHost(outputs, name).name).toBe("accelerator-2");
  });

  test("another name is told which there are", () => {
    expect(() => findHost(outputs, "accelerator-9")).toThrow('there is no host "accelerator-9"');
  });
});
