import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { endpointPolicy } from "../constructs/network/mirror-policies.js";
import { PackageMirror } from "../constructs/network/package-mirror.js";
import { PrivateNetwork } from "../constructs/network/private-network.js";
import { cloudOf, MIRROR_STACK_NAME } from "../names.js";
import { addProvider } from "../terraform/backend.js";
import { formatNeeds, joinNeeds } from "./endpoint-needs.js";
import type { PrivateMirrorInputs } from "./inputs.js";

/** A network without Internet access, and packages in it: the stack that `sallyport up private-mirror` provisions. */
export class PrivateMirrorStack extends TerraformStack {
  constructor(scope: Construct, inputs: PrivateMirrorInputs) {
    super(scope, MIRROR_STACK_NAME);
    addProvider(this, MIRROR_STACK_NAME, inputs);
    const { region, repositories } = inputs;
    const { partition } = cloudOf(region);
    const name = `${inputs.name}-mirror`;
    const mirror = new PackageMirror(this, "Mirror", {
      name: inputs.name,
      repositories,
      readers: (account) => [
        ...inputs.readers,
        ...inputs.readerNames.map((role) => `arn:${partition}:iam::${account}:role/${role}`),
      ],
    });
    const needs = joinNeeds([
      { services: inputs.services, buckets: [] },
      ...inputs.machines,
      formatNeeds(repositories.formats, mirror.domain.s3BucketArn),
    ]);
    const policy = endpointPolicy(mirror.arns, mirror.readers);
    const network = new PrivateNetwork(this, "Network", {
      name,
      region,
      place: inputs.place,
      services: {
        "codeartifact.api": policy,
        "codeartifact.repositories": policy,
        ...Object.fromEntries(needs.services.map((service) => [service, undefined])),
      },
      buckets: needs.buckets,
    });
    this.#outputs(inputs, mirror, network);
    const output = (id: string, description: string, value: unknown) =>
      new TerraformOutput(this, id, { value, description, staticId: true });
    output("network_services", "Services that have an endpoint here", Object.keys(network.endpoints));
    output(
      "network_buckets",
      "What of S3 can be reached",
      needs.buckets.flatMap(({ resources }) => resources),
    );
  }

  #outputs({ region, repositories }: PrivateMirrorInputs, mirror: PackageMirror, network: PrivateNetwork): void {
    const output = (id: string, description: string, value: unknown) =>
      new TerraformOutput(this, id, { value, description, staticId: true });
    const { domain, repository, formats } = repositories;
    const { owner } = mirror.domain;
    const tool = formats.includes("pypi") || !formats.includes("npm") ? "pip" : "npm";
    const names = `--domain ${domain} --domain-owner ${owner} --repository ${repository} --region ${region}`;
    output("mirror_domain", "CodeArtifact's domain", domain);
    output("mirror_domain_owner", "Account that the domain is of", owner);
    output("mirror_repository", "The team's repository", repository);
    output("mirror_region", "Region of the domain", region);
    output("mirror_endpoints", "Where packages are, by format; a token is needed there", mirror.endpoints);
    output("mirror_login", "Sets a tool up for the mirror", `sallyport mirror login --tool ${tool} ${names}`);
    output("mirror_policy_arn", "Policy for roles that install packages", mirror.readerPolicy.arn);
    output("mirror_readers", "Roles that may install packages", mirror.readers);
    output("network_vpc_id", "The VPC", network.vpcId);
    output("network_cidr", "Its block of addresses", network.vpcCidr);
    output("network_subnet_ids", "Its subnets, one per zone", network.subnetIds);
    output("network_security_group_id", "The endpoints' group", network.securityGroup.id);
    output("network_endpoint_ids", "The interface endpoints, by service", this.#ids(network));
    output("network_s3_endpoint_id", "The gateway endpoint for S3; empty where nothing needs it", network.s3?.id ?? "");
  }

  #ids({ endpoints }: PrivateNetwork): Record<string, string> {
    return Object.fromEntries(Object.entries(endpoints).map(([service, { id }]) => [service, id]));
  }
}
