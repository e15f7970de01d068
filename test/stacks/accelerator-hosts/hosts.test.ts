/** Each host option in the synthesized stack, and the law that a host's name keeps it apart from the others. */
import { Testing } from "cdktf";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseLayer } from "../../../config/document.js";
import { resolveConfig } from "../../../config/resolve.js";
import type { Config } from "../../../config/schema.js";
import { defaultLayer } from "../../../config/text-layers.js";
import { agentSettings } from "../../../stacks/accelerator-hosts/agent-settings.js";
import { deployedHosts } from "../../../stacks/accelerator-hosts/hosts.js";
import { AcceleratorHostsStack } from "../../../stacks/accelerator-hosts/stack.js";
import { deploymentSuffix, ec2KeyPair } from "../../../stacks/names.js";
import { seededRandom } from "../../support/random.js";
import {
  newHost,
  only,
  resources,
  type SampleChanges,
  type Synthesized,
  sampleInputs,
  synth,
  userData,
} from "../support/sample.js";

function config(yaml: string): Config {
  const { layer } = parseLayer(yaml, { layer: "project", shownAs: "sallyport.yaml", base: "/p" });
  return resolveConfig([defaultLayer({}, "/p"), layer], "/home/u").config;
}

const hostsOf = (yaml: string) => deployedHosts(config(yaml));
const synthOf = (yaml: string, changes: SampleChanges = {}) => synth({ hosts: hostsOf(yaml), ...changes });
const machine = (yaml: string, changes: SampleChanges = {}) => only(synthOf(yaml, changes), "aws_instance");
const ID = "i-0123456789abcdef0";

describe("which hosts there are", () => {
  const shared = { kind: "new", stopMode: "term", instanceType: "f2.6xlarge", ami: "ubuntu-24.04" };

  test.each([
    ["", [{ ...shared, name: "accelerator-1", spot: false }]],
    ["count: 2", [1, 2].map((number) => ({ ...shared, name: `accelerator-${number}`, spot: false }))],
    [
      "hosts: { b: {}, a: { instance_type: g6.xlarge, ami: al2023, subnet_id: subnet-0123456789abcdef0, root_volume_gib: 90, spot: true, ssh_user: me } }",
      [
        {
          ...shared,
          name: "a",
          instanceType: "g6.xlarge",
          ami: "al2023",
          subnetId: "subnet-0123456789abcdef0",
          rootVolumeGib: 90,
          spot: { fallback: true },
          sshUser: "me",
        },
        { ...shared, name: "b", spot: false },
      ],
    ],
    [
      "spot: { max_price: 1.5, fallback: false }\nstop_mode: term",
      [{ ...shared, name: "accelerator-1", spot: { maxPrice: "1.5", fallback: false }, onShutdown: "terminate" }],
    ],
    ["stop_mode: stop", [{ ...shared, name: "accelerator-1", spot: false, stopMode: "stop", onShutdown: "stop" }]],
    [`instance_id: ${ID}`, [{ kind: "instance", name: "accelerator-1", stopMode: "keep", instanceId: ID }]],
    [
      `instance_id: ${ID}\nstop_mode: stop`,
      [{ kind: "instance", name: "accelerator-1", stopMode: "stop", instanceId: ID }],
    ],
    // A host that is only an address is never started or stopped, whatever stop_mode says.
    [
      "host_ip: h.example.com\nstop_mode: term\nssh_user: me",
      [{ kind: "address", name: "accelerator-1", stopMode: "keep", address: "h.example.com", sshUser: "me" }],
    ],
    ["fleet: { max: 3 }", []],
  ])("%j", (yaml, expected) => {
    expect(hostsOf(yaml)).toEqual(expected);
  });
});

describe("S-18: a root volume that the image takes", () => {
  const volume = (yaml: string) => {
    const disk = machine(yaml).root_block_device as { readonly volume_size?: number };
    return disk.volume_size;
  };

  test.each([
    ["ami: ubuntu-24.04", 50],
    ["ami: al2023", 50],
    ["ami: ami-0123456789abcdef0", 50],
    // EC2 takes the image's own size, which no number here would keep up with.
    ["ami: deep-learning", undefined],
    ["ami: neuron", undefined],
    ["hosts: { a: { ami: neuron } }", undefined],
    ["ami: neuron\nhosts: { a: { ami: al2023 } }", 50],
    ["ami: deep-learning\nroot_volume_gib: 200", 200],
    ["root_volume_gib: 200\nhosts: { a: { ami: neuron, root_volume_gib: 300 } }", 300],
  ])("%j", (yaml, expected) => {
    expect(volume(yaml)).toBe(expected);
  });
});

describe("a host that comes or goes", () => {
  const kinds = [
    {},
    { instance_type: "g6.xlarge" },
    { ami: "al2023", root_volume_gib: 80 },
    { spot: { max_price: "0.5" } },
    { subnet_id: "subnet-0123456789abcdef0", ssh_user: "me" },
    { host_ip: "203.0.113.7" },
    { instance_id: ID },
  ];
  /** Names that a stack might use for itself, and names that differ in little. */
  const names = [
    "a",
    "a-b",
    "ab",
    "accelerator-1",
    "accelerator-10",
    "hosts",
    "callers",
    "fleet",
    "agent",
    "image",
    "gpu-2",
  ];

  test("leaves everything of the others as it is, byte for byte", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 12; round += 1) {
      const chosen = names.filter(() => random.below(2) === 0);
      const added = random.pick(names.filter((name) => !chosen.includes(name)).concat("one-more"));
      const existing = { used: false };
      const kind = () => {
        const found = random.pick(kinds);
        // One machine is one host only.
        if (("instance_id" in found || "host_ip" in found) && existing.used) return {};
        existing.used ||= "instance_id" in found || "host_ip" in found;
        return found;
      };
      const before = Object.fromEntries([...chosen, "always"].map((name) => [name, name === "always" ? {} : kind()]));
      const after = { ...before, [added]: kind() };
      const [less, more] = [before, after].map((hosts) => synthOf(JSON.stringify({ hosts })));
      for (const type of new Set([...Object.keys(less?.resource ?? {}), ...Object.keys(more?.resource ?? {})])) {
        const [old, all] = [less?.resource[type] ?? {}, more?.resource[type] ?? {}];
        const { [type === "aws_instance" ? newest(old, all) : ""]: _, ...rest } = all;
        expect(rest, `${type} of ${JSON.stringify(after)}`).toEqual(old);
      }
    }
  });

  function newest(old: object, all: object): string {
    const added = Object.keys(all).filter((id) => !Object.hasOwn(old, id));
    expect(added.length).toBeLessThanOrEqual(1);
    return added[0] ?? "";
  }

  test("numbered hosts keep the addresses that they had before hosts had names", () => {
    expect(Object.keys(synthOf("count: 2").resource.aws_instance ?? {})).toEqual([
      "accelerator-1_Instance_41071B5E",
      "accelerator-2_Instance_05B4FE50",
    ]);
  });

  test("each image family is looked up once, whoever boots it", () => {
    const found = synthOf(
      "hosts: { a: {}, b: { ami: al2023 }, c: { ami: al2023 }, d: { ami: ami-0123456789abcdef0 } }",
    );
    expect(Object.keys(found.data?.aws_ssm_parameter ?? {})).toHaveLength(2);
  });
});

describe("the options of a machine", () => {
  test("by default nothing is said of spot or of shutting down", () => {
    expect(machine("")).not.toHaveProperty("instance_market_options");
    expect(machine("")).not.toHaveProperty("instance_initiated_shutdown_behavior");
  });

  test("spot: once, ended when AWS wants it back, at most at the price that was named (A-65)", () => {
    expect(machine("spot: { max_price: '1.5' }").instance_market_options).toEqual({
      market_type: "spot",
      spot_options: { instance_interruption_behavior: "terminate", max_price: "1.5", spot_instance_type: "one-time" },
    });
    expect(machine("spot: true").instance_market_options).toEqual({
      market_type: "spot",
      spot_options: { instance_interruption_behavior: "terminate", spot_instance_type: "one-time" },
    });
  });

  test.each([
    ["term", "terminate"],
    ["stop", "stop"],
    ["keep", "stop"],
  ])("stop_mode %s: a shutdown from inside will %s it (A-60, A-66)", (mode, behaviour) => {
    expect(machine(`stop_mode: ${mode}`).instance_initiated_shutdown_behavior).toBe(behaviour);
  });

  test("host_name_prefix is in the Name tag and nowhere else (A-64)", () => {
    const found = machine("", { hostNamePrefix: "team" });
    expect(found.tags).toEqual({
      Name: "team-accelerator-1",
      "sallyport:deployment": "lab-1a2b3c4d",
      "sallyport:host": "accelerator-1",
    });
    expect(found.volume_tags).toEqual({ Name: "team-accelerator-1" });
    expect(found.user_data_base64).toBe(machine("").user_data_base64);
  });

  test("ssh_user is who logs in, and who shares the directories", () => {
    const found = synthOf("ssh_user: me");
    expect(JSON.stringify(found.output.ssh_commands)).toContain(" me@");
    expect(userData(only(found, "aws_instance"))).toContain("readonly ssh_user='me'");
  });

  test("use_private_ip: the private address is the one that is told", () => {
    const { output } = synthOf("", { usePrivateIp: true });
    expect(JSON.stringify(output.agent_urls)).toMatch(/https:\/\/\$\{aws_instance\.\S+\.private_ip\}/);
    expect(JSON.stringify(output.ssh_commands)).not.toContain("public_ip");
  });

  test("hosts in subnets of their own tell the VPC, where all of them do", () => {
    const own = "hosts: { a: { subnet_id: subnet-0123456789abcdef0 } }";
    expect(only(synthOf(own), "aws_security_group").vpc_id).toMatch(/^\$\{data\.aws_subnet\./);
    const mixed = "hosts: { a: { subnet_id: subnet-0123456789abcdef0 }, b: {} }";
    expect(only(synthOf(mixed), "aws_security_group").vpc_id).toMatch(/^\$\{data\.aws_vpc\./);
  });
});

describe("what the agents are told", () => {
  const agentYaml = (yaml: string, changes: SampleChanges = {}) => {
    const text = userData(machine(yaml, { settings: agentSettings(config(yaml)), ...changes }));
    const [, encoded = ""] = /readonly agent_yaml='([^']*)'/.exec(text) ?? [];
    return parse(Buffer.from(encoded, "base64").toString());
  };

  test("nothing that nobody asked for: boot scripts stay what they were", () => {
    expect(agentSettings(config(""))).toEqual({});
    expect(machine("", { settings: agentSettings(config("")) })).toEqual(machine(""));
  });

  test("accelerators with their times in seconds, limits, and autostop with where to ask", () => {
    const yaml = `
accelerators: { gz: { builtin: gzip, timeout: 2m, concurrency: 3 }, up: { filter: [tr, a-z, A-Z] } }
agent_limits: { connections: 9 }
autostop: 30m
stop_mode: stop`;
    expect(agentYaml(yaml)).toMatchObject({
      accelerators: {
        gz: { builtin: "gzip", timeout_seconds: 120, concurrency: 3 },
        up: { filter: ["tr", "a-z", "A-Z"] },
      },
      limits: { connections: 9 },
      autostop: { idle_seconds: 1_800, action: "stop", region: "eu-west-1" },
    });
    expect(agentYaml("autostop: 90s", { endpointUrl: "http://127.0.0.1:1" }).autostop).toEqual({
      idle_seconds: 90,
      action: "terminate",
      region: "eu-west-1",
      endpoint_url: "http://127.0.0.1:1",
    });
  });

  test("with autostop the role may end its own machine, in the way that was asked for", () => {
    const policyOf = (yaml: string) =>
      String(only(synthOf(yaml, { settings: agentSettings(config(yaml)) }), "aws_iam_role_policy").policy);
    expect(policyOf("autostop: 1h")).toContain("ec2:TerminateInstances");
    expect(policyOf("autostop: 1h\nstop_mode: stop")).toContain("ec2:StopInstances");
    expect(policyOf("")).not.toContain("ec2:");
  });
});

describe("what is there already", () => {
  test("a group is attached and none is made, nor any rule (A-08)", () => {
    const found = synth({ securityGroup: "sg-0123456789abcdef0", firewall: { ingress: [] } });
    expect(only(found, "aws_instance").vpc_security_group_ids).toEqual(["sg-0123456789abcdef0"]);
    expect(Object.keys(found.resource).filter((type) => type.includes("security_group"))).toEqual([]);
    expect(found.output.security_group_id?.value).toBe("sg-0123456789abcdef0");
    expect(found.data).not.toHaveProperty("aws_vpc");
  });

  test("a key pair of EC2's is named, and no other is imported (A-12)", () => {
    const found = synth({ sshKey: { kind: "ec2", name: "theirs" }, identity: "/home/user/their key.pem" });
    expect(found.resource).not.toHaveProperty("aws_key_pair");
    expect(Object.values(found.data?.aws_key_pair ?? {})[0]?.key_name).toBe("theirs");
    expect(JSON.stringify(found.output.ssh_commands)).toContain(
      "ssh -i '/home/user/their key.pem' -o IdentitiesOnly=yes",
    );
    const { identity: _, ...inputs } = sampleInputs({ sshKey: { kind: "ec2", name: "theirs" } });
    const unknown = JSON.parse(Testing.synth(new AcceleratorHostsStack(Testing.app(), inputs))) as Synthesized;
    expect(JSON.stringify(unknown.output.ssh_commands)).toContain('"ssh ubuntu@');
  });

  test("its name stands for the key in the deployment's suffix", () => {
    expect(deploymentSuffix(ec2KeyPair("theirs"))).toMatch(/^[0-9a-f]{8}$/);
    expect(deploymentSuffix(ec2KeyPair("their key"))).not.toBe(deploymentSuffix(ec2KeyPair("their lock")));
  });

  test("a role gets an instance profile, and nothing of its own is touched (A-48)", () => {
    const found = synth({ role: "ours" });
    expect(only(found, "aws_iam_instance_profile")).toEqual({ name: "lab-1a2b3c4d-eu-west-1", role: "ours" });
    expect(Object.keys(found.resource).filter((type) => type.startsWith("aws_iam"))).toEqual([
      "aws_iam_instance_profile",
    ]);
  });

  test("policies are attached to the hosts' own role, each by its ARN", () => {
    const policies = ["arn:aws:iam::aws:policy/A/B", "arn:aws:iam::123456789012:policy/A/B"];
    const found = synth({ policies });
    const attached = resources(found, "aws_iam_role_policy_attachment");
    expect(attached.map(({ policy_arn }) => policy_arn).sort()).toEqual([...policies].sort());
    expect(only(found, "aws_instance").depends_on).toEqual(
      expect.arrayContaining([expect.stringMatching(/^aws_iam_role_policy_attachment\./)]),
    );
  });

  test("hosts that exist are looked at, and nothing at all is made", () => {
    const inputs = { ...sampleInputs(), kind: "existing" as const };
    const yaml = `hosts: { a: { instance_id: ${ID} }, b: { host_ip: h.example.com } }`;
    const found = JSON.parse(
      Testing.synth(new AcceleratorHostsStack(Testing.app(), { ...inputs, hosts: hostsOf(yaml) })),
    );
    expect(found.resource).toBeUndefined();
    expect(Object.keys(found.data)).toEqual(["aws_instance"]);
    expect(found.output.hosts.value.b).toEqual({
      name: "b",
      kind: "address",
      instance_id: "",
      instance_type: "",
      spot: false,
      stop_mode: "keep",
      public_ip: "h.example.com",
      private_ip: "",
      agent_url: "https://h.example.com",
      ssh_user: "ubuntu",
      ssh_command: "ssh -i /home/user/.ssh/sallyport.pem -o IdentitiesOnly=yes ubuntu@h.example.com",
    });
  });

  test("one that exists may stand beside new ones", () => {
    const found = synth({
      hosts: [newHost("new"), { kind: "address", name: "old", address: "10.0.0.9", stopMode: "keep" }],
    });
    expect(resources(found, "aws_instance")).toHaveLength(1);
    expect(Object.keys(found.output.hosts?.value as object)).toEqual(["new", "old"]);
  });
});
