import { describe, expect, test } from "vitest";
import { only, resources, sampleInputs, synth, synthText, userData } from "../support/sample.js";

const GROUP = `\${aws_security_group.CallerAccess_Group_B70DBE16.id}`;
const TYPES = [
  "aws_iam_instance_profile",
  "aws_iam_role",
  "aws_iam_role_policy",
  "aws_instance",
  "aws_key_pair",
  "aws_s3_bucket",
  "aws_s3_bucket_ownership_controls",
  "aws_s3_bucket_policy",
  "aws_s3_bucket_public_access_block",
  "aws_s3_bucket_server_side_encryption_configuration",
  "aws_s3_bucket_versioning",
  "aws_s3_object",
  "aws_security_group",
  "aws_ssm_parameter",
  "aws_vpc_security_group_egress_rule",
  "aws_vpc_security_group_ingress_rule",
];

describe("who gets in (A-01)", () => {
  test("the rules are one per port and caller, and no other", () => {
    const rule = (port: number, source: object) => ({
      description: "sallyport:lab-1a2b3c4d managed-by=terraform allow_ports",
      from_port: port,
      ip_protocol: "tcp",
      security_group_id: GROUP,
      to_port: port,
      ...source,
    });
    const found = synth({
      callers: ["203.0.113.7/32", "2001:db8::/64"],
      firewall: { allow_ports: [22, 8443] },
    });
    expect(resources(found, "aws_vpc_security_group_ingress_rule")).toHaveLength(4);
    expect(resources(found, "aws_vpc_security_group_ingress_rule")).toEqual(
      expect.arrayContaining([
        rule(22, { cidr_ipv4: "203.0.113.7/32" }),
        rule(22, { cidr_ipv6: "2001:db8::/64" }),
        rule(8443, { cidr_ipv4: "203.0.113.7/32" }),
        rule(8443, { cidr_ipv6: "2001:db8::/64" }),
      ]),
    );
  });

  test("the group has no inline rules, and no rule of an older kind stands beside it", () => {
    const found = synth();
    expect(Object.keys(only(found, "aws_security_group")).sort()).toEqual([
      "description",
      "lifecycle",
      "name_prefix",
      "vpc_id",
    ]);
    expect(Object.keys(found.resource).sort()).toEqual(TYPES);
  });

  test("a rule keeps its id when others come and go", () => {
    const ids = (callers: string[]) =>
      Object.keys(synth({ callers }).resource.aws_vpc_security_group_ingress_rule ?? {});
    const before = ids(["203.0.113.7/32"]);
    const after = ids(["198.51.100.1/32", "203.0.113.7/32"]);
    expect(before).toHaveLength(3);
    expect(after).toHaveLength(6);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test("what may leave is declared", () => {
    const rule = { description: "sallyport:lab-1a2b3c4d out", ip_protocol: "-1", security_group_id: GROUP };
    expect(resources(synth(), "aws_vpc_security_group_egress_rule")).toEqual([
      { ...rule, cidr_ipv4: "0.0.0.0/0" },
      { ...rule, cidr_ipv6: "::/0" },
    ]);
  });
});

describe("the machine", () => {
  test("has exactly these options", () => {
    const { user_data_base64, depends_on, ...options } = only(synth(), "aws_instance");
    expect(options).toMatchInlineSnapshot(`
      {
        "ami": "\${data.aws_ssm_parameter.Image_Newest_C75CF5DF.insecure_value}",
        "iam_instance_profile": "\${aws_iam_instance_profile.Agent_Role_Profile_1267F7AF.name}",
        "instance_type": "f2.6xlarge",
        "key_name": "\${aws_key_pair.KeyPair_0151ACB6.key_name}",
        "lifecycle": {
          "ignore_changes": [
            "ami",
          ],
        },
        "metadata_options": {
          "http_endpoint": "enabled",
          "http_put_response_hop_limit": 1,
          "http_tokens": "required",
        },
        "root_block_device": {
          "delete_on_termination": true,
          "encrypted": true,
          "volume_size": 50,
          "volume_type": "gp3",
        },
        "tags": {
          "Name": "accelerator-1",
          "sallyport:deployment": "lab-1a2b3c4d",
          "sallyport:host": "accelerator-1",
        },
        "user_data_replace_on_change": true,
        "volume_tags": {
          "Name": "accelerator-1",
        },
        "vpc_security_group_ids": [
          "\${aws_security_group.CallerAccess_Group_B70DBE16.id}",
        ],
      }
    `);
    expect(userData({ user_data_base64 })).toContain("readonly host='accelerator-1'");
    expect(depends_on).toEqual([
      "aws_s3_object.Agent_Runtime_Object_E354C77F",
      "aws_iam_role_policy.Agent_Role_Policy_C208C373",
      expect.stringMatching(/^aws_ssm_parameter\.Agent_Secrets_TlsKey_/),
      expect.stringMatching(/^aws_ssm_parameter\.Agent_Secrets_Token_/),
    ]);
  });

  test.each([
    ["ubuntu-24.04", "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id", "ubuntu"],
    ["al2023", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "ec2-user"],
    [
      "deep-learning",
      "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
      "ubuntu",
    ],
    ["neuron", "/aws/service/neuron/dlami/multi-framework/ubuntu-24.04/latest/image_id", "ubuntu"],
  ])("image family %s is looked up once, and its user logs in", (ami, parameter, user) => {
    const found = synth({ ami, count: 2 });
    expect(Object.values(found.data?.aws_ssm_parameter ?? {}).map(({ name }) => name)).toEqual([parameter]);
    expect(JSON.stringify(found.output.ssh_commands)).toContain(` ${user}@`);
    expect(userData(resources(found, "aws_instance")[0] ?? {})).toContain(`readonly ssh_user='${user}'`);
  });

  test("an image id is taken as it is", () => {
    const found = synth({ ami: "ami-0123456789abcdef0" });
    expect(found.data?.aws_ssm_parameter).toBeUndefined();
    expect(only(found, "aws_instance").ami).toBe("ami-0123456789abcdef0");
  });

  test("hosts are told apart by name, and one more leaves the others alone", () => {
    const instances = (count: number) => synth({ count }).resource.aws_instance ?? {};
    const two = instances(2);
    const three = instances(3);
    expect(Object.keys(two)).toHaveLength(2);
    expect(three).toMatchObject(two);
    expect(resources({ resource: { aws_instance: three } }, "aws_instance").map(({ tags }) => tags)).toEqual(
      ["accelerator-1", "accelerator-2", "accelerator-3"].map((name) => ({
        Name: name,
        "sallyport:deployment": "lab-1a2b3c4d",
        "sallyport:host": name,
      })),
    );
  });

  test("network: the default VPC, or the given subnet's VPC, or both as given", () => {
    expect(Object.keys(synth().data ?? {}).sort()).toEqual(["aws_ssm_parameter", "aws_vpc"]);
    const inSubnet = synth({ subnetId: "subnet-0123456789abcdef0" });
    expect(only(inSubnet, "aws_instance").subnet_id).toBe("subnet-0123456789abcdef0");
    expect(only(inSubnet, "aws_security_group").vpc_id).toMatch(/^\$\{data\.aws_subnet\.\w+\.vpc_id\}$/);
    const inVpc = synth({ subnetId: "subnet-0123456789abcdef0", vpcId: "vpc-0123456789abcdef0" });
    expect(only(inVpc, "aws_security_group").vpc_id).toBe("vpc-0123456789abcdef0");
  });
});

describe("what the host may do (A-47, A-48)", () => {
  const statements = (buckets: string[]) =>
    (JSON.parse(String(only(synth({ buckets }), "aws_iam_role_policy").policy)) as { Statement: unknown[] }).Statement;
  const own = [
    {
      Sid: "OwnParameters",
      Effect: "Allow",
      Action: "ssm:GetParameter",
      Resource: [
        expect.stringMatching(/^\$\{aws_ssm_parameter\.Agent_Secrets_TlsKey_\w+\.arn\}$/),
        expect.stringMatching(/^\$\{aws_ssm_parameter\.Agent_Secrets_Token_\w+\.arn\}$/),
      ],
    },
    {
      Sid: "OwnRuntime",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: [`arn:aws:s3:::lab-1a2b3c4d-eu-west-1/runtime/${"ab".repeat(32)}.tar.gz`],
    },
  ];

  test("its own two parameters, its own runtime object, and nothing else", () => {
    expect(statements([])).toEqual(own);
  });

  test("named buckets on top, and only these", () => {
    expect(statements(["results", "data", "data"])).toEqual([
      ...own,
      {
        Sid: "ListNamedBuckets",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: ["arn:aws:s3:::data", "arn:aws:s3:::results"],
      },
      {
        Sid: "UseNamedBuckets",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: ["arn:aws:s3:::data/*", "arn:aws:s3:::results/*"],
      },
    ]);
  });

  test("only EC2 may take the role", () => {
    const { assume_role_policy } = only(synth(), "aws_iam_role");
    expect(JSON.parse(String(assume_role_policy))).toEqual({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
  });
});

describe("secrets", () => {
  test("are paths in the stack, and write-only where they go", () => {
    expect(resources(synth(), "aws_ssm_parameter")).toEqual([
      {
        name: "/sallyport/lab-1a2b3c4d/tls-key",
        type: "SecureString",
        value_wo: `\${file("/home/user/.ssh/sallyport.key")}`,
        value_wo_version: 7,
      },
      {
        name: "/sallyport/lab-1a2b3c4d/token",
        type: "SecureString",
        value_wo: `\${file("/home/user/.ssh/sallyport.token")}`,
        value_wo_version: 8,
      },
    ]);
  });

  test.each([
    '/home/o"b/x.key',
    "/home/\\x.key",
    `/home/\${pathexpand()}/x.key`,
    "/home/%{ if true }/x.key",
    "/a\nb.key",
  ])("a path that would end its quoting is refused: %j", (path) => {
    const token = { path, version: 1 };
    expect(() => synthText({ token })).toThrow("has characters that Terraform reads as syntax");
  });

  test("none where there are none: plain HTTP without a token has no parameters at all", () => {
    const { tls: _tls, token: _token, ...rest } = sampleInputs();
    const found = synth({ ...rest, tls: undefined, token: undefined } as unknown as Parameters<typeof synth>[0]);
    expect(found.resource.aws_ssm_parameter).toBeUndefined();
    expect(String(only(found, "aws_iam_role_policy").policy)).not.toContain("ssm:");
    expect(JSON.stringify(found.output.agent_urls)).toContain("http://");
    expect(found.output.certificate_fingerprint?.value).toBe("");
  });
});

describe("the runtime's bucket", () => {
  test("is private in every way that S3 knows", () => {
    const found = synth();
    expect(only(found, "aws_s3_bucket_public_access_block")).toEqual({
      block_public_acls: true,
      block_public_policy: true,
      bucket: `\${aws_s3_bucket.Agent_Runtime_Bucket_6D7AA38C.id}`,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(only(found, "aws_s3_bucket_ownership_controls").rule).toEqual({ object_ownership: "BucketOwnerEnforced" });
    expect(only(found, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
    expect(only(found, "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
  });
});

test("S-04: the runtime's object has no tags: S3 permits 10 there, and 50 elsewhere", () => {
  const { tags, override_provider } = only(synth({ tags: { Team: "fpga" } }), "aws_s3_object");
  expect({ tags, override_provider }).toEqual({ override_provider: { default_tags: { tags: {} } } });
});

test("T-22: the runtime's bucket denies plain HTTP, and grants nothing", () => {
  const { bucket, policy } = only(synth(), "aws_s3_bucket_policy");
  expect(bucket).toBe(`\${aws_s3_bucket.Agent_Runtime_Bucket_6D7AA38C.id}`);
  expect(JSON.parse(String(policy)).Statement).toEqual([
    {
      Sid: "PlainHttp",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: [
        `\${aws_s3_bucket.Agent_Runtime_Bucket_6D7AA38C.arn}`,
        `\${aws_s3_bucket.Agent_Runtime_Bucket_6D7AA38C.arn}/*`,
      ],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
});

test.each([
  ["http://127.0.0.1:5000", false],
  ["https://s3.example.com", true],
])("T-22: with the endpoint %s, the policy is there: %s", (endpointUrl, there) => {
  expect("aws_s3_bucket_policy" in synth({ endpointUrl }).resource).toBe(there);
});

describe("the whole", () => {
  test("synthesizes to the same bytes each time", () => {
    expect(synthText({ count: 3 })).toBe(synthText({ count: 3 }));
  });

  test("everything carries the owner's tags", () => {
    expect(synth().provider).toEqual({
      aws: [
        { default_tags: [{ tags: { ManagedBy: "sallyport", Project: "lab", Team: "fpga" } }], region: "eu-west-1" },
      ],
    });
  });

  test("S3 is asked by path only at an endpoint of its own", () => {
    expect(JSON.stringify(synth({ endpointUrl: "http://127.0.0.1:4000" }).provider)).toContain(
      '"s3_use_path_style":true',
    );
  });

  test("the state lies in the project, where cdktf would put it", () => {
    expect(synth().terraform.backend).toEqual({
      local: { path: "/home/user/project/terraform.accelerator-hosts.tfstate" },
    });
  });

  test("outputs are for people and programs, and none is secret", () => {
    const { output } = synth();
    expect(Object.keys(output).sort()).toEqual([
      "agent_urls",
      "callers",
      "certificate_fingerprint",
      "hosts",
      "instance_ids",
      "security_group_id",
      "ssh_commands",
    ]);
    expect(Object.values(output).some(({ sensitive }) => sensitive === true)).toBe(false);
    const hosts = output.hosts?.value as Record<string, object> | undefined;
    expect(Object.keys(hosts?.["accelerator-1"] ?? {}).sort()).toEqual([
      "agent_url",
      "instance_id",
      "instance_type",
      "kind",
      "name",
      "private_ip",
      "public_ip",
      "spot",
      "ssh_command",
      "ssh_user",
      "stop_mode",
    ]);
  });
});
