import { describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { buildStacks } from "../../../stacks/app.js";
import { privateMirror } from "../../../stacks/private-mirror/descriptor.js";
import { formatNeeds, joinNeeds, machineNeeds, unmetNeeds } from "../../../stacks/private-mirror/endpoint-needs.js";
import { mirrorRepositories } from "../../../stacks/private-mirror/repositories.js";
import { networkPlace } from "../../../stacks/private-mirror/subnets.js";
import { at, hostMachine, mirrorInputs, NOTEBOOKS, synthMirror } from "../support/mirror-sample.js";
import { only, resources, type Synthesized } from "../support/sample.js";

const stack = synthMirror();
const text = JSON.stringify(stack);

describe("the stack", () => {
  test("has these resources and no others: no Internet gateway, no NAT, no default route", () => {
    expect(counts(stack)).toEqual([
      "1 aws_codeartifact_domain",
      "1 aws_codeartifact_repository_permissions_policy",
      "1 aws_iam_policy",
      "1 aws_route_table",
      "1 aws_security_group",
      "1 aws_vpc",
      "1 aws_vpc_security_group_ingress_rule",
      "2 aws_codeartifact_repository",
      "2 aws_route_table_association",
      "2 aws_subnet",
      "2 aws_vpc_endpoint",
    ]);
  });

  test("P-06 both endpoints of CodeArtifact, once each, in both subnets, under the services' own names", () => {
    const group = expect.stringMatching(/^\$\{aws_security_group\.Network_Group_\w+\.id\}$/);
    const subnets = [
      expect.stringMatching(/aws_subnet\.Network_Subnet-10720024_|aws_subnet\.Network_Subnet-10_?72/),
      expect.stringMatching(/^\$\{aws_subnet\./),
    ];
    const endpoint = (service: string) => ({
      service_name: `com.amazonaws.eu-west-1.${service}`,
      vpc_endpoint_type: "Interface",
      private_dns_enabled: true,
      subnet_ids: subnets,
      security_group_ids: [group],
      vpc_id: expect.stringMatching(/^\$\{aws_vpc\.Network_Vpc_\w+\.id\}$/),
      policy: expect.any(String),
      tags: { Name: `lab-mirror-${service}` },
    });
    expect(resources(stack, "aws_vpc_endpoint")).toEqual([
      endpoint("codeartifact.api"),
      endpoint("codeartifact.repositories"),
    ]);
    expect(only(stack, "aws_vpc")).toMatchObject({ enable_dns_support: true, enable_dns_hostnames: true });
  });

  test("P-07 the endpoints' group lets in HTTPS from the VPC, by a rule of its own, and lets nothing out", () => {
    expect(resources(stack, "aws_vpc_security_group_ingress_rule")).toEqual([
      {
        security_group_id: expect.stringContaining("Network_Group"),
        ip_protocol: "tcp",
        from_port: 443,
        to_port: 443,
        cidr_ipv4: expect.stringMatching(/^\$\{aws_vpc\.Network_Vpc_\w+\.cidr_block\}$/),
        description: "HTTPS from the VPC",
      },
    ]);
    expect(only(stack, "aws_security_group")).toEqual({
      name_prefix: "lab-mirror-endpoints-",
      description: "HTTPS from the VPC to its endpoints",
      vpc_id: expect.stringContaining("Network_Vpc"),
      lifecycle: { create_before_destroy: true },
    });
  });

  test("P-09 P-10 both endpoints let the readers take four actions on this mirror, and nobody anything else", () => {
    const condition = { ArnEquals: { "aws:PrincipalArn": [NOTEBOOKS] } };
    const forReaders = { Effect: "Allow", Principal: "*", Condition: condition };
    const domain = expect.stringMatching(/^\$\{aws_codeartifact_domain\.Mirror_Domain_\w+\.arn\}$/);
    const repository = expect.stringMatching(/^\$\{aws_codeartifact_repository\.Mirror_Repository_\w+\.arn\}$/);
    for (const { policy } of resources(stack, "aws_vpc_endpoint")) {
      expect(JSON.parse(String(policy))).toEqual({
        Version: "2012-10-17",
        Statement: [
          { Sid: "Token", ...forReaders, Action: "codeartifact:GetAuthorizationToken", Resource: domain },
          {
            Sid: "BearerToken",
            ...forReaders,
            Action: "sts:GetServiceBearerToken",
            Resource: "*",
            Condition: { StringEquals: { "sts:AWSServiceName": "codeartifact.amazonaws.com" }, ...condition },
          },
          {
            Sid: "ReadPackages",
            ...forReaders,
            Action: ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"],
            Resource: repository,
          },
        ],
      });
    }
  });

  test("P-01 P-02 P-03 a domain without an empty key, a store with one connection, the team's repository upon it", () => {
    expect(only(stack, "aws_codeartifact_domain")).toEqual({ domain: "lab" });
    expect(
      resources(stack, "aws_codeartifact_repository").map(({ repository, upstream, external_connections }) => ({
        repository,
        upstream,
        external_connections,
      })),
    ).toEqual([
      {
        repository: "packages",
        upstream: [{ repository_name: expect.stringContaining("aws_codeartifact_repository.Mirror_Store-pypi-store") }],
      },
      { repository: "pypi-store", external_connections: { external_connection_name: "public:pypi" } },
    ]);
  });

  test("P-11 the readers may read from the team's repository, which is enough for its upstreams", () => {
    expect(JSON.parse(String(only(stack, "aws_codeartifact_repository_permissions_policy").policy_document))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ReadPackages",
          Effect: "Allow",
          Principal: "*",
          Action: "codeartifact:ReadFromRepository",
          Resource: expect.stringContaining("aws_codeartifact_repository.Mirror_Repository"),
          Condition: { ArnEquals: { "aws:PrincipalArn": [NOTEBOOKS] } },
        },
      ],
    });
  });

  test("P-10 the readers' own policy has the same four actions, and no role is changed by it", () => {
    const { Statement } = JSON.parse(String(only(stack, "aws_iam_policy").policy));
    expect(Statement.flatMap(({ Action }: { Action: string | string[] }) => Action)).toEqual([
      "codeartifact:GetAuthorizationToken",
      "sts:GetServiceBearerToken",
      "codeartifact:GetRepositoryEndpoint",
      "codeartifact:ReadFromRepository",
    ]);
    expect(stack.resource.aws_iam_role_policy_attachment).toBeUndefined();
  });

  test("P-12 the login command names names, and no token is in state or output", () => {
    expect(stack.output.mirror_login?.value).toMatch(
      /^sallyport mirror login --tool pip --domain lab --domain-owner \$\{aws_codeartifact_domain\.Mirror_Domain_\w+\.owner\} --repository packages --region eu-west-1$/,
    );
    expect(Object.keys(stack.data ?? {}).sort()).toEqual([
      "aws_availability_zones",
      "aws_codeartifact_repository_endpoint",
    ]);
    expect(text).not.toContain("authorization_token");
    expect(Object.keys(stack.output).sort()).toEqual([
      "mirror_domain",
      "mirror_domain_owner",
      "mirror_endpoints",
      "mirror_login",
      "mirror_policy_arn",
      "mirror_readers",
      "mirror_region",
      "mirror_repository",
      "network_buckets",
      "network_cidr",
      "network_endpoint_ids",
      "network_s3_endpoint_id",
      "network_security_group_id",
      "network_services",
      "network_subnet_ids",
      "network_vpc_id",
    ]);
  });

  test("synthesizes to equal bytes, and passes the guard against rules for everybody", () => {
    expect(JSON.stringify(synthMirror())).toBe(text);
    expect(() => buildStacks([privateMirror.with(mirrorInputs())], { outdir: "/nonexistent" })).not.toThrow();
  });
});

describe("P-08 T11 the way to S3", () => {
  const s3 = (made: Synthesized) =>
    resources(made, "aws_vpc_endpoint").filter(({ vpc_endpoint_type }) => vpc_endpoint_type === "Gateway");

  test("is not there for Python", () => {
    expect(s3(stack)).toEqual([]);
    expect(stack.output.network_s3_endpoint_id?.value).toBe("");
  });

  test("is there for npm, on the private route table, and leads to the domain's own bucket alone", () => {
    const npm = synthMirror({
      repositories: mirrorRepositories({ upstreams: ["public:pypi", "public:npmjs"] }, "lab", at),
    });
    expect(s3(npm)).toEqual([
      {
        service_name: "com.amazonaws.eu-west-1.s3",
        vpc_endpoint_type: "Gateway",
        vpc_id: expect.any(String),
        policy: expect.any(String),
        tags: { Name: "lab-mirror-s3" },
      },
    ]);
    expect(only(npm, "aws_vpc_endpoint_route_table_association")).toEqual({
      route_table_id: expect.stringMatching(/^\$\{aws_route_table\.Network_Routes_\w+\.id\}$/),
      vpc_endpoint_id: expect.stringMatching(/^\$\{aws_vpc_endpoint\.Network_Endpoint-s3_\w+\.id\}$/),
    });
    expect(JSON.parse(String(s3(npm)[0]?.policy)).Statement).toEqual([
      {
        Sid: "PackageAssets",
        Effect: "Allow",
        Principal: "*",
        Action: ["s3:GetObject"],
        Resource: [expect.stringMatching(/^\$\{aws_codeartifact_domain\.\w+\.s3_bucket_arn\}\/\*$/)],
      },
    ]);
  });

  test("is there for hosts, and leads to their runtime alone", () => {
    const home = synthMirror({ machines: [hostMachine], readerNames: ["lab-1a2b3c4d-eu-west-1"] });
    expect(JSON.parse(String(s3(home)[0]?.policy)).Statement).toEqual([
      {
        Sid: "Runtime",
        Effect: "Allow",
        Principal: "*",
        Action: ["s3:GetObject"],
        Resource: ["arn:aws:s3:::lab-1a2b3c4d-eu-west-1/runtime/*"],
      },
    ]);
    expect(home.output.network_services?.value).toEqual(["codeartifact.api", "codeartifact.repositories", "ssm"]);
    expect(home.output.mirror_readers?.value).toEqual([
      NOTEBOOKS,
      expect.stringMatching(/^arn:aws:iam::\$\{aws_codeartifact_domain\.\w+\.owner\}:role\/lab-1a2b3c4d-eu-west-1$/),
    ]);
  });
});

describe("what machines need", () => {
  const machine = {
    partition: "aws-us-gov",
    runtimeBucket: "lab",
    hasSecrets: true,
    autostop: false,
    dataBuckets: ["b", "a"],
  };

  test("secrets need ssm, autostop needs ec2, the runtime and named buckets need S3; nothing needs sts", () => {
    expect(machineNeeds({ ...machine, autostop: true })).toEqual({
      services: ["ec2", "ssm"],
      buckets: [
        { sid: "Runtime", actions: ["s3:GetObject"], resources: ["arn:aws-us-gov:s3:::lab/runtime/*"] },
        {
          sid: "ListNamedBuckets",
          actions: ["s3:ListBucket"],
          resources: ["arn:aws-us-gov:s3:::a", "arn:aws-us-gov:s3:::b"],
        },
        {
          sid: "UseNamedBuckets",
          actions: ["s3:GetObject", "s3:PutObject"],
          resources: ["arn:aws-us-gov:s3:::a/*", "arn:aws-us-gov:s3:::b/*"],
        },
      ],
    });
    expect(machineNeeds({ ...machine, hasSecrets: false, dataBuckets: [] })).toMatchObject({ services: [] });
  });

  test.each([
    [["pypi"], 0],
    [["pypi", "swift"], 0],
    [["npm", "pypi"], 1],
    [["maven"], 1],
    [["nuget"], 1],
    [["ruby"], 1],
    [["cargo"], 1],
  ])("formats %j need %i buckets", (formats, count) => {
    expect(formatNeeds(formats, "arn:aws:s3:::assets").buckets).toHaveLength(count);
  });

  test("joined, they do not depend on order or on being named twice, and a network that has them lacks nothing", () => {
    const other = machineNeeds({ ...machine, runtimeBucket: "gateway", dataBuckets: [] });
    const both = joinNeeds([machineNeeds(machine), other]);
    expect(joinNeeds([other, machineNeeds(machine), other])).toEqual(both);
    const has = { services: both.services, buckets: both.buckets.flatMap(({ resources: all }) => all) };
    for (const each of [both, other, machineNeeds(machine)]) expect(unmetNeeds(each, has)).toEqual([]);
    expect(unmetNeeds(other, { services: ["codeartifact.api"], buckets: [] })).toEqual([
      "ssm",
      "arn:aws-us-gov:s3:::gateway/runtime/*",
    ]);
  });
});

describe("an existing VPC", () => {
  const vpc_id = "vpc-0123456789abcdef0";
  const subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
  const place = networkPlace({ vpc_id, subnet_ids, route_table_ids: ["rtb-0123456789abcdef0"] }, at);
  const own = synthMirror({ place, machines: [hostMachine] });

  test("gets endpoints and their group, and keeps all else as it is", () => {
    expect(counts(own).filter((line) => !/codeartifact|iam/.test(line))).toEqual([
      "1 aws_security_group",
      "1 aws_vpc_endpoint_route_table_association",
      "1 aws_vpc_security_group_ingress_rule",
      "4 aws_vpc_endpoint",
    ]);
    for (const endpoint of resources(own, "aws_vpc_endpoint")) {
      const isGateway = endpoint.vpc_endpoint_type === "Gateway";
      expect(endpoint).toMatchObject(defined({ vpc_id, subnet_ids: isGateway ? undefined : subnet_ids }));
    }
    expect(only(own, "aws_vpc_endpoint_route_table_association").route_table_id).toBe("rtb-0123456789abcdef0");
  });

  test("P-06 must have DNS support and host names, or the plan says so", () => {
    const [vpc] = Object.values(own.data?.aws_vpc ?? {});
    expect(vpc?.lifecycle).toEqual({
      postcondition: [
        {
          condition: `\${self.enable_dns_support && self.enable_dns_hostnames}`,
          error_message: expect.stringContaining("DNS support or DNS host names off"),
        },
      ],
    });
  });
});

function counts({ resource }: Synthesized): string[] {
  return Object.entries(resource)
    .map(([type, byName]) => `${Object.keys(byName).length} ${type}`)
    .sort();
}
