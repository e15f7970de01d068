/** The state of a deployment as Terraform would have left it, as far as its outputs go. */

export interface Deployed {
  readonly security_group_id: string;
  readonly public_ips: readonly string[];
}

export function deployedState({ security_group_id, public_ips }: Deployed): string {
  const hosts = public_ips.map((public_ip, index) => {
    const name = `accelerator-${index + 1}`;
    return {
      name,
      instance_id: `i-${index + 1}`,
      public_ip,
      private_ip: `10.0.0.${index + 1}`,
      agent_url: `https://${public_ip}`,
      ssh_user: "ubuntu",
      ssh_command: `ssh ubuntu@${public_ip}`,
    };
  });
  const outputs = {
    hosts: { value: Object.fromEntries(hosts.map((host) => [host.name, host])) },
    security_group_id: { value: security_group_id },
    callers: { value: [] },
    certificate_fingerprint: { value: "" },
  };
  return JSON.stringify({ version: 4, outputs });
}
