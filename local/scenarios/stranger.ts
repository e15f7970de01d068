/** Shows that a stranger is kept out. A control shows that the firewall rules alone are the reason. */
import {
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import type { Host } from "../machine/host.js";
import { type Place, probePorts } from "../machine/place.js";
import { expectThat } from "./steps.js";

export interface Control {
  readonly ec2: EC2Client;
  readonly host: Host;
  readonly stranger: Place;
  readonly address: string;
  readonly cidr: string;
}

export async function strangerIsKeptOut(stranger: Place, address: string, ports: readonly number[]): Promise<string> {
  const probes = await probePorts(stranger, address, ports);
  const text = probes.map(({ port, answer }) => `${port}: ${answer}`).join("\n");
  expectThat(
    probes.every(({ answer }) => answer === "no answer"),
    text,
  );
  return text;
}

/**
 * With one more rule the stranger gets in, without it no longer. So a missing route is not the reason for the silence.
 */
export async function strangerFollowsTheRules({ ec2, host, stranger, address, cidr }: Control): Promise<string> {
  const port = 443;
  const rule = {
    GroupId: host.options.facts.securityGroups[0]?.id,
    IpPermissions: [{ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: cidr }] }],
  };
  const answer = async () => (await probePorts(stranger, address, [port]))[0]?.answer;
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
  try {
    await host.reloadRules(ec2);
    const inside = await answer();
    expectThat(inside === "answered", `let in, ${port} gave: ${inside}`);
  } finally {
    await ec2.send(new RevokeSecurityGroupIngressCommand(rule));
    await host.reloadRules(ec2);
  }
  const outside = await answer();
  expectThat(outside === "no answer", `put out, ${port} gave: ${outside}`);
  return "rule added: answered\nrule removed: no answer";
}
