import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { shellWord } from "../../base/text/shell.js";
import { gatewayBootScript } from "../boot/render-gateway.js";
import { FirewallRules } from "../constructs/firewall-rules.js";
import { HostRole } from "../constructs/host-role.js";
import { HostSecrets } from "../constructs/host-secrets.js";
import { addKeyPair } from "../constructs/key-pair.js";
import { MachineImage } from "../constructs/machine-image.js";
import { LabNetwork } from "../constructs/network/lab-network.js";
import { NatGatewayHost } from "../constructs/network/nat-gateway-host.js";
import { RuntimeObject } from "../constructs/runtime-object.js";
import { cloudOf, gatewayDeployment, globalName, LAB_STACK_NAME } from "../names.js";
import { addProvider } from "../terraform/backend.js";
import type { LabGatewayInputs } from "./inputs.js";

/** A lab behind a gateway: the stack that `sallyport up lab-gateway` provisions. */
export class LabGatewayStack extends TerraformStack {
  constructor(scope: Construct, inputs: LabGatewayInputs) {
    super(scope, LAB_STACK_NAME);
    addProvider(this, LAB_STACK_NAME, inputs);
    const { blocks, region, vpcId, endpointUrl } = inputs;
    const deployment = gatewayDeployment(inputs.name, inputs.suffix);
    const network = new LabNetwork(
      this,
      "Network",
      defined({
        name: deployment,
        blocks,
        vpcId,
        home: inputs.home,
      }),
    );
    const access = new FirewallRules(this, "CallerAccess", { vpcId: network.vpcId, table: inputs.table, deployment });
    const name = globalName(deployment, region);
    const { partition } = cloudOf(region);
    const runtime = new RuntimeObject(this, "Runtime", {
      bucket: inputs.runtimeBucket ?? name,
      archive: inputs.runtime,
      endpointUrl: inputs.endpointUrl,
    });
    const secrets = new HostSecrets(this, "Secrets", {
      prefix: `/sallyport/${deployment}`,
      tlsKey: inputs.tls.key,
      token: inputs.tokenKey,
    });
    const role = new HostRole(this, "Role", {
      name,
      parameterArns: secrets.parameters.map(({ arn }) => arn),
      objectArns: [`arn:${partition}:s3:::${runtime.bucketName}/${runtime.key}`],
      partition,
    });
    const keyPair = addKeyPair(this, "KeyPair", { name: deployment, key: inputs.sshKey });
    const image = new MachineImage(this, "Image", { ami: inputs.ami });
    const host = new NatGatewayHost(this, "Gateway", {
      network,
      access,
      labBlocks: blocks.private,
      deployment,
      imageId: image.imageId,
      instanceType: inputs.instanceType,
      keyName: keyPair.keyName,
      instanceProfile: role.instanceProfile.name,
      bootScript: gatewayBootScript(
        defined({
          name: `${inputs.name}-gateway`,
          region,
          archive: { url: runtime.url(region, endpointUrl), sha256: inputs.runtime.sha256 },
          certificate: inputs.tls.certificate,
          tlsKeyParameter: secrets.tlsKeyName ?? "",
          tokenKeyParameter: secrets.tokenName ?? "",
          issuer: inputs.issuer,
          ports: inputs.ports,
          labNetworks: blocks.private,
          privateAddress: inputs.home === undefined ? undefined : true,
          endpointUrl,
          logTarget: inputs.logTarget,
        }),
      ),
      readyBefore: [runtime.object, role.policy, ...secrets.parameters],
    });
    this.#outputs(inputs, network, access, host, image);
  }

  #outputs(
    { identity, callers, tls, tokenKey, issuer }: LabGatewayInputs,
    network: LabNetwork,
    access: FirewallRules,
    { address, instance, labGroup }: NatGatewayHost,
    { sshUser }: MachineImage,
  ): void {
    const output = (id: string, description: string, value: unknown) =>
      new TerraformOutput(this, id, { value, description, staticId: true });
    // Read from the address itself: the instance's attribute is older than the association.
    const url = `https://${address}`;
    const key = identity === undefined ? "" : `-i ${shellWord(identity)} -o IdentitiesOnly=yes `;
    output("gateway_url", "Where the gateway's API and page answer", url);
    output("public_ip", "The gateway's address: a private one in a private network", address);
    output("instance_id", "The gateway's machine", instance.id);
    output("vpc_id", "The lab's VPC", network.vpcId);
    output(
      "lab_subnet_ids",
      "Subnets of the lab: the subnet_id of accelerator hosts in it",
      network.privateSubnets.map(({ id }) => id),
    );
    output("security_group_id", "The group that lets the callers in", access.securityGroupId);
    output("lab_security_group_id", "The group of the gateway's lab side", labGroup.id);
    output("callers", "Who may reach the gateway", callers);
    output("certificate_fingerprint", "SHA-256 of the gateway's certificate", tls.fingerprint);
    output("ssh_command", "Logs in to the gateway", `ssh ${key}${sshUser}@${address}`);
    output(
      "token_command",
      "Makes a token for a user",
      `sallyport gateway token --key ${shellWord(tokenKey.path)} --issuer ${shellWord(issuer)} --user NAME`,
    );
    output(
      "connect_command",
      "Opens a way to a machine of the lab",
      `sallyport connect --gateway ${url} --name NAME --protocol ssh`,
    );
  }
}
