import { describe, expect, test } from "vitest";
import { fleetInputs } from "../../../stacks/accelerator-hosts/fleet-inputs.js";
import { memberOf } from "../../../stacks/accelerator-hosts/fleet-members.js";
import type { DeployedFleet } from "../../../stacks/accelerator-hosts/outputs.js";
import { surplus } from "../../../stacks/lifecycle/new-machines.js";
import { only, resources, type SampleChanges, synth, synthText } from "../support/sample.js";

const changes = { fleet: fleetInputs({ max: 4 }) };

describe("a fleet", () => {
  test("is a launch template and a group in place of numbered hosts", () => {
    const stack = synth({ ...changes, count: 3 });
    expect(resources(stack, "aws_instance")).toEqual([]);
    expect(resources(stack, "aws_launch_template")).toHaveLength(1);
    expect(resources(stack, "aws_autoscaling_group")).toHaveLength(1);
    expect(stack.output.hosts?.value).toEqual({});
    expect(synthText(changes)).toBe(synthText(changes));
  });

  test("has machines as hardened as a single host", () => {
    const template = only(synth(changes), "aws_launch_template");
    const host = only(synth(), "aws_instance");
    expect(template.metadata_options).toEqual(host.metadata_options);
    expect(template.block_device_mappings).toEqual([
      {
        device_name: "/dev/sda1",
        ebs: { delete_on_termination: "true", encrypted: "true", volume_size: 50, volume_type: "gp3" },
      },
    ]);
    expect(template.vpc_security_group_ids).toEqual(host.vpc_security_group_ids);
    expect(template.iam_instance_profile).toEqual({ name: host.iam_instance_profile });
    expect(template.key_name).toEqual(host.key_name);
    expect(template.image_id).toEqual(host.ami);
    // The provider's default tags reach neither machine nor volume.
    expect(template.tag_specifications).toEqual(
      ["instance", "volume"].map((resource_type) => ({
        resource_type,
        tags: { ManagedBy: "sallyport", Name: "lab-1a2b3c4d-fleet", Project: "lab", Team: "fpga" },
      })),
    );
    const script = Buffer.from(String(template.user_data), "base64").toString();
    expect(script).toContain("readonly agent_template=");
    expect(script).not.toContain("readonly host=");
  });

  test("S-18: has a root volume that its image takes", () => {
    const size = (more: SampleChanges) => {
      const mappings = only(synth({ ...changes, ...more }), "aws_launch_template").block_device_mappings as readonly {
        readonly ebs: { readonly volume_size?: number };
      }[];
      return mappings.map(({ ebs }) => ebs.volume_size);
    };
    expect(size({ ami: "neuron" })).toEqual([undefined]);
    expect(size({ ami: "neuron", rootVolumeGib: 300 })).toEqual([300]);
    expect(size({ ami: "al2023" })).toEqual([50]);
  });

  test("on demand, in every default subnet, as few as may be: what nobody asked for costs nothing", () => {
    const stack = synth(changes);
    const group = only(stack, "aws_autoscaling_group");
    expect(group).toMatchObject({
      min_size: 0,
      max_size: 4,
      desired_capacity: 0,
      suspended_processes: ["AZRebalance"],
    });
    expect(group.mixed_instances_policy).toEqual({
      instances_distribution: {
        on_demand_base_capacity: 0,
        on_demand_percentage_above_base_capacity: 100,
        spot_allocation_strategy: "price-capacity-optimized",
      },
      launch_template: {
        launch_template_specification: {
          launch_template_id: expect.stringMatching(/^\$\{aws_launch_template\.Fleet_Template_\w+\.id\}$/),
          version: "$Latest",
        },
        override: [{ instance_type: "f2.6xlarge" }],
      },
    });
    expect(stack.data?.aws_subnets).toBeDefined();
    expect(group.lifecycle).toEqual({ ignore_changes: ["desired_capacity"] });
    expect(group).not.toHaveProperty("instance_refresh");
  });

  test("takes its numbers, types, subnets and share of spot from the configuration", () => {
    const subnets = ["subnet-0aaaaaaaa", "subnet-0bbbbbbbb"];
    const fleet = fleetInputs({
      min: 1,
      max: 9,
      desired: 3,
      on_demand_base: 2,
      spot_percentage: 75,
      spot_allocation: "capacity-optimized",
      instance_types: ["g6.xlarge", "g5.xlarge"],
      subnet_ids: subnets,
    });
    const stack = synth({ fleet });
    const group = only(stack, "aws_autoscaling_group");
    expect(group).toMatchObject({ min_size: 1, max_size: 9, desired_capacity: 3, vpc_zone_identifier: subnets });
    expect(group).not.toHaveProperty("lifecycle");
    expect(group.mixed_instances_policy).toMatchObject({
      instances_distribution: {
        on_demand_base_capacity: 2,
        on_demand_percentage_above_base_capacity: 25,
        spot_allocation_strategy: "capacity-optimized",
      },
      launch_template: { override: [{ instance_type: "g6.xlarge" }, { instance_type: "g5.xlarge" }] },
    });
    expect(stack.data?.aws_subnets).toBeUndefined();
    // The security group lies where the machines do.
    expect(JSON.stringify(stack.data?.aws_subnet)).toContain(subnets[0]);
  });

  test.each([
    ["ubuntu-24.04", "/dev/sda1"],
    ["al2023", "/dev/xvda"],
    ["deep-learning", "/dev/sda1"],
    ["neuron", "/dev/sda1"],
    ["ami-0123456789abcdef0", "what EC2 says"],
  ])("of %s encrypts the root volume, which is %s", (ami, device) => {
    const template = only(synth({ ...changes, ami }), "aws_launch_template");
    const [mapping] = template.block_device_mappings as { device_name: string }[];
    const found = mapping?.device_name.replace(/^\$\{data\.aws_ami\.\w+\.root_device_name\}$/, "what EC2 says");
    expect(found).toBe(device);
  });
});

test.each([
  [5, { max: 3 }, 2],
  [5, { max: 9, desired: 4 }, 1],
  [5, { max: 9, min: 1 }, 0],
  [2, { max: 9, desired: 4 }, 0],
] as const)("of %i machines, %j ends %i", (running, numbers, lost) => {
  expect(surplus(running, numbers)).toBe(lost);
});

describe("a member of a fleet", () => {
  const fleet: DeployedFleet = {
    autoscaling_group_name: "lab-1a2b3c4d-fleet",
    launch_template_id: "lt-0123456789abcdef0",
    region: "eu-west-1",
    agent_scheme: "https",
    private_address: false,
    ssh_user: "ubuntu",
    ssh_command: "ssh -i key ubuntu@ADDRESS",
  };
  const instance = {
    InstanceId: "i-0123456789abcdef0",
    PublicIpAddress: "203.0.113.9",
    PrivateIpAddress: "10.0.0.9",
    InstanceType: "g6.xlarge",
    InstanceLifecycle: "spot",
  } as const;

  test("is a host like any other, named by its instance", () => {
    expect(memberOf(fleet, instance)).toEqual({
      name: "i-0123456789abcdef0",
      instance_id: "i-0123456789abcdef0",
      public_ip: "203.0.113.9",
      private_ip: "10.0.0.9",
      agent_url: "https://203.0.113.9",
      ssh_user: "ubuntu",
      ssh_command: "ssh -i key ubuntu@203.0.113.9",
      kind: "new",
      instance_type: "g6.xlarge",
      spot: true,
      stop_mode: "keep",
    });
  });

  test("is met at its private address where it has no other, or where that is wanted", () => {
    const { PublicIpAddress: _, ...inside } = instance;
    expect(memberOf(fleet, inside).agent_url).toBe("https://10.0.0.9");
    expect(memberOf({ ...fleet, private_address: true }, instance).agent_url).toBe("https://10.0.0.9");
  });
});
