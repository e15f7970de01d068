/** The private network and its mirror with the real Terraform, against moto and our own CodeArtifact. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CodeartifactClient,
  DescribeRepositoryCommand,
  GetRepositoryPermissionsPolicyCommand,
  ListRepositoriesCommand,
} from "@aws-sdk/client-codeartifact";
import {
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { defined } from "../../../base/defined.js";
import { type InstanceFacts, readInstance } from "../../../local/emulator/instance.js";
import { instanceRole } from "../../../local/emulator/instance-role.js";
import { Host } from "../../../local/machine/host.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { METADATA_ADDRESS } from "../../../local/network/host-firewall.js";
import { NEXT_HOP } from "../../../local/network/veth.js";
import type { DeploymentOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import type { LabOutputs } from "../../../stacks/lab-gateway/outputs.js";
import type { MirrorOutputs } from "../../../stacks/private-mirror/outputs.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { type Emulated, startCodeArtifact } from "../support/code-artifact.js";

const READER = "arn:aws:iam::123456789012:role/service-role/notebooks";
let deployable: Deployable;
let codeArtifact: Emulated;
let outputs: MirrorOutputs;

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  codeArtifact = await startCodeArtifact();
  await deployable.configure([
    "name: lab",
    "network: private-mirror",
    "ami: ami-12c6146b",
    "instance_type: t3.micro",
    "private_mirror:",
    '  upstreams: ["public:npmjs", "public:pypi"]',
    `  readers: ["${READER}"]`,
    "  endpoints: [sts]",
    "lab_gateway: { ami: ami-12c6146b }",
  ]);
});
test.afterAll(() => codeArtifact?.stop());

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const ec2 = () => new EC2Client({ region: "us-east-1", endpoint: deployable.url, credentials });
const client = () => new CodeartifactClient({ region: "us-east-1", endpoint: codeArtifact.url, credentials });
const env = () => ({ AWS_ENDPOINT_URL_CODEARTIFACT: codeArtifact.url });
const inVpc = () => [{ Name: "vpc-id", Values: [outputs.network_vpc_id] }];

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await deployable.run([...args, "--json"], env());
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
const state = (stack: string) => readFile(join(deployable.project, `terraform.${stack}.tfstate`), "utf8");

test("hosts wait for their network", async () => {
  const { code, stderr } = await deployable.run(["plan"], env());
  expect(code).toBe(3);
  expect(stderr).toContain('run "sallyport up private-mirror" there first');
});

test("up makes the network and the mirror, and tells names, URLs and a command, but no token", async () => {
  outputs = await json<MirrorOutputs>("up", "private-mirror", "--yes");
  const { host } = new URL(codeArtifact.url);
  const owner = outputs.mirror_domain_owner;
  expect(owner).toMatch(/^\d{12}$/);
  expect(outputs).toMatchObject({
    mirror_domain: "lab",
    mirror_repository: "packages",
    mirror_region: "us-east-1",
    mirror_endpoints: {
      npm: expect.stringMatching(new RegExp(`^http://${host}/.*npm/.*packages/?$`)),
      pypi: expect.stringMatching(new RegExp(`^http://${host}/.*pypi/.*packages/?$`)),
    },
    mirror_login: `sallyport mirror login --tool pip --domain lab --domain-owner ${owner} --repository packages --region us-east-1`,
    network_cidr: "10.72.0.0/16",
    network_services: ["codeartifact.api", "codeartifact.repositories", "ssm", "sts"],
  });
  const written = `${await state("private-mirror")}${JSON.stringify(outputs)}`;
  expect(written).not.toMatch(/authorization_token|https?:\/\/[^/"]*@/);
});

test("P-06 P-07 P-08 P-09 the endpoints are these, with these policies, and their group has one rule", async () => {
  const aws = ec2();
  const { VpcEndpoints = [] } = await aws.send(new DescribeVpcEndpointsCommand({ Filters: inVpc() }));
  const service = (name: string) => `com.amazonaws.us-east-1.${name}`;
  const common = {
    type: "Interface",
    dns: true,
    subnets: [...outputs.network_subnet_ids].sort(),
    groups: [outputs.network_security_group_id],
    tables: [],
  };
  expect(
    VpcEndpoints.map((endpoint) => ({
      service: endpoint.ServiceName,
      type: endpoint.VpcEndpointType,
      dns: endpoint.PrivateDnsEnabled ?? false,
      subnets: [...(endpoint.SubnetIds ?? [])].sort(),
      groups: (endpoint.Groups ?? []).map(({ GroupId }) => GroupId),
      tables: endpoint.RouteTableIds ?? [],
    })).sort((a, b) => ((a.service ?? "") < (b.service ?? "") ? -1 : 1)),
  ).toEqual([
    { ...common, service: service("codeartifact.api") },
    { ...common, service: service("codeartifact.repositories") },
    {
      service: service("s3"),
      type: "Gateway",
      dns: expect.any(Boolean),
      subnets: [],
      groups: [],
      tables: [expect.stringMatching(/^rtb-/)],
    },
    { ...common, service: service("ssm") },
    { ...common, service: service("sts") },
  ]);

  const policyOf = (name: string) =>
    JSON.parse(VpcEndpoints.find(({ ServiceName }) => ServiceName === service(name))?.PolicyDocument ?? "{}");
  const owner = outputs.mirror_domain_owner;
  const arn = (kind: string) => `arn:aws:codeartifact:us-east-1:${owner}:${kind}`;
  const readers = [READER, expect.stringMatching(/^arn:aws:iam::\d{12}:role\/lab-[0-9a-f]{8}-us-east-1$/)];
  const forReaders = { Effect: "Allow", Principal: "*", Condition: { ArnEquals: { "aws:PrincipalArn": readers } } };
  const installing = [
    { Sid: "Token", ...forReaders, Action: "codeartifact:GetAuthorizationToken", Resource: arn("domain/lab") },
    {
      ...forReaders,
      Sid: "BearerToken",
      Action: "sts:GetServiceBearerToken",
      Resource: "*",
      Condition: {
        StringEquals: { "sts:AWSServiceName": "codeartifact.amazonaws.com" },
        ArnEquals: { "aws:PrincipalArn": readers },
      },
    },
    {
      Sid: "ReadPackages",
      ...forReaders,
      Action: ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"],
      Resource: arn("repository/lab/packages"),
    },
  ];
  expect(policyOf("codeartifact.api").Statement).toEqual(installing);
  expect(policyOf("codeartifact.repositories").Statement).toEqual(installing);
  expect(policyOf("s3").Statement).toEqual([
    {
      Sid: "Runtime",
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject"],
      Resource: [
        expect.stringMatching(/^arn:aws:s3:::lab-[0-9a-f]{8}-[0-9a-f]{18}\/runtime\/\*$/),
        expect.stringMatching(/^arn:aws:s3:::lab-[0-9a-f]{8}-gw-[0-9a-f]{18}\/runtime\/\*$/),
      ],
    },
    {
      Sid: "PackageAssets",
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject"],
      Resource: [expect.stringMatching(/^arn:aws:s3:::[a-z0-9.-]+\/\*$/)],
    },
  ]);

  const { SecurityGroupRules = [] } = await aws.send(
    new DescribeSecurityGroupRulesCommand({
      Filters: [{ Name: "group-id", Values: [outputs.network_security_group_id] }],
    }),
  );
  expect(
    SecurityGroupRules.map(({ IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4 }) =>
      [IsEgress ? "out" : "in", IpProtocol, FromPort, ToPort, CidrIpv4].join(" "),
    ),
  ).toEqual(["in tcp 443 443 10.72.0.0/16"]);
  aws.destroy();
});

test("there is no way to the Internet: no gateway, no NAT, no default route; two zones, names on", async () => {
  const aws = ec2();
  const { InternetGateways } = await aws.send(
    new DescribeInternetGatewaysCommand({ Filters: [{ Name: "attachment.vpc-id", Values: [outputs.network_vpc_id] }] }),
  );
  const { NatGateways } = await aws.send(new DescribeNatGatewaysCommand({ Filter: inVpc() }));
  expect([InternetGateways, NatGateways]).toEqual([[], []]);
  const { RouteTables = [] } = await aws.send(new DescribeRouteTablesCommand({ Filters: inVpc() }));
  const routes = RouteTables.flatMap(({ Routes = [] }) => Routes);
  expect(routes.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).not.toContain("0.0.0.0/0");
  const { Subnets = [] } = await aws.send(new DescribeSubnetsCommand({ Filters: inVpc() }));
  expect(Subnets.map(({ CidrBlock }) => CidrBlock).sort()).toEqual(["10.72.0.0/24", "10.72.1.0/24"]);
  expect(new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(2);
  expect(Subnets.map(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([false, false]);
  for (const Attribute of ["enableDnsSupport", "enableDnsHostnames"] as const) {
    const answer = await aws.send(new DescribeVpcAttributeCommand({ VpcId: outputs.network_vpc_id, Attribute }));
    expect([answer.EnableDnsSupport?.Value, answer.EnableDnsHostnames?.Value]).toContain(true);
  }
  aws.destroy();
});

test("P-02 P-03 P-11 the repositories are these, with these upstreams in order, connections and permissions", async () => {
  const aws = client();
  const { repositories = [] } = await aws.send(new ListRepositoriesCommand({}));
  const described = await Promise.all(
    repositories.map(async ({ name = "" }) => {
      const { repository } = await aws.send(new DescribeRepositoryCommand({ domain: "lab", repository: name }));
      return {
        name,
        upstreams: (repository?.upstreams ?? []).map(({ repositoryName }) => repositoryName),
        connections: (repository?.externalConnections ?? []).map((each) => each.externalConnectionName),
      };
    }),
  );
  expect(described.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "npmjs-store", upstreams: [], connections: ["public:npmjs"] },
    { name: "packages", upstreams: ["npmjs-store", "pypi-store"], connections: [] },
    { name: "pypi-store", upstreams: [], connections: ["public:pypi"] },
  ]);
  const { policy } = await aws.send(
    new GetRepositoryPermissionsPolicyCommand({ domain: "lab", repository: "packages" }),
  );
  expect(JSON.parse(policy?.document ?? "{}").Statement).toEqual([
    expect.objectContaining({ Action: "codeartifact:ReadFromRepository", Effect: "Allow", Principal: "*" }),
  ]);
  aws.destroy();
});

test("a second plan is empty", async () => {
  const { changes } = await json<{ changes: PlannedChange[] }>("plan", "private-mirror");
  expect(changes).toEqual([]);
});

test("a host there has no public address, may install packages, and boots with no route out", async ({ skip }) => {
  const { hosts, callers } = await json<DeploymentOutputs>("up", "--yes", "--no-wait");
  const [deployed] = hosts;
  expect(deployed).toMatchObject({ public_ip: "", private_ip: expect.stringMatching(/^10\.72\.0\./) });
  expect(callers).toEqual(["10.72.0.0/16"]);
  expect(await state("accelerator-hosts")).toContain(outputs.mirror_policy_arn);
  expect((await json<{ changes: PlannedChange[] }>("plan")).changes).toEqual([]);

  const support = await namespaceSupport();
  if (typeof support === "string") return skip(`no host can boot here: ${support}`);
  const aws = ec2();
  const facts = await readInstance(aws, deployed?.instance_id ?? "");
  const host = await bootWithoutRoute(facts, support);
  try {
    await host.userDataDone();
    const said = await host.run("sh", ["-c", "ip -4 route; ip -6 route"]);
    expect(said.stdout).not.toContain("default");
    expect((await host.run("curl", ["-sS", "-m", "5", "https://192.0.2.1/"])).stderr).toMatch(/unreachable|connect/i);
    const health = await host.run("curl", ["-sk", "--noproxy", "*", "-m", "10", "https://127.0.0.1/healthz"]);
    expect(health.stdout).toBe('{"status":"ok"}');
  } finally {
    await host.stop();
    aws.destroy();
  }
});

/** Of all that there is, the host reaches instance metadata and, in the endpoints' stead, the emulator. */
async function bootWithoutRoute(
  facts: InstanceFacts,
  support: Exclude<Awaited<ReturnType<typeof namespaceSupport>>, string>,
): Promise<Host> {
  const role = await instanceRole(
    {
      AWS_ENDPOINT_URL: deployable.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    },
    facts,
  );
  return Host.boot({
    facts,
    ...defined({ role }),
    emulatorUrl: deployable.url,
    outside: {},
    dir: join(deployable.project, "../host"),
    attachMore: async ({ host }) => {
      await host.runOk("ip", ["route", "replace", `${METADATA_ADDRESS}/32`, "via", NEXT_HOP, "dev", "eth0"]);
      await host.runOk("ip", ["route", "del", "default"]);
      return async () => undefined;
    },
    ...support,
  });
}

test("a lab's gateway there has a private address, and its lab the way to S3; the network's own plan stays empty", async () => {
  const lab = await json<LabOutputs>("up", "lab-gateway", "--yes");
  expect(lab).toMatchObject({ vpc_id: outputs.network_vpc_id, callers: ["10.72.0.0/16"] });
  expect(lab.public_ip).toMatch(/^10\.72\.0\.\d+$/);
  const aws = ec2();
  const { RouteTables = [] } = await aws.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: "association.subnet-id", Values: [...lab.lab_subnet_ids] }] }),
  );
  const { VpcEndpoints = [] } = await aws.send(
    new DescribeVpcEndpointsCommand({ VpcEndpointIds: [outputs.network_s3_endpoint_id] }),
  );
  expect(VpcEndpoints[0]?.RouteTableIds).toEqual(
    expect.arrayContaining(RouteTables.map(({ RouteTableId }) => RouteTableId)),
  );
  expect(VpcEndpoints[0]?.RouteTableIds).toHaveLength(2);
  aws.destroy();
  for (const stack of ["lab-gateway", "private-mirror"]) {
    expect((await json<{ changes: PlannedChange[] }>("plan", stack)).changes).toEqual([]);
  }
});

test("down removes hosts, gateway, network and mirror", async () => {
  for (const stack of [["down"], ["down", "lab-gateway"], ["down", "private-mirror"]]) {
    const { code, stderr } = await deployable.run([...stack, "--yes"], env());
    expect(code, stderr).toBe(0);
  }
  const aws = client();
  expect((await aws.send(new ListRepositoriesCommand({}))).repositories).toEqual([]);
  aws.destroy();
});
