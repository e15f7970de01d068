/** A deployment as values, for tests that synthesize: nothing here exists on disk. */
import { Testing } from "cdktf";
import { defined } from "../../../base/defined.js";
import type { FirewallOptions } from "../../../firewall/options/schema.js";
import { buildTable } from "../../../firewall/options/table.js";
import { Cidr } from "../../../net/cidr.js";
import type { NewHost } from "../../../stacks/accelerator-hosts/hosts.js";
import type { ProvisionedInputs } from "../../../stacks/accelerator-hosts/inputs.js";
import { AcceleratorHostsStack } from "../../../stacks/accelerator-hosts/stack.js";
import { hostNames } from "../../../stacks/names.js";

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${"QUFB".repeat(16)}\n-----END CERTIFICATE-----\n`;

export type SampleChanges = Partial<Omit<ProvisionedInputs, "table" | "kind">> & {
  /** Numbered hosts, where no `hosts` are given. */
  readonly count?: number;
  readonly firewall?: FirewallOptions;
};

export function sampleInputs({
  count = 1,
  hosts,
  firewall = {},
  callers: named = ["203.0.113.7"],
  ...changes
}: SampleChanges = {}) {
  const callers = named.map((text) => Cidr.of(text));
  const inputs = {
    kind: "provisioned" as const,
    projectDir: "/home/user/project",
    name: "lab",
    suffix: "1a2b3c4d",
    region: "eu-west-1",
    tags: { Team: "fpga" },
    instanceType: "f2.6xlarge",
    ami: "ubuntu-24.04",
    table: buildTable(firewall, { callers }),
    callers: callers.map(String),
    sshKey: { kind: "public-key", publicKey: "ssh-ed25519 AAAAC3Nz lab\n" } as const,
    identity: "/home/user/.ssh/sallyport.pem",
    tls: {
      certificate: CERTIFICATE,
      fingerprint: "AA:BB",
      key: { path: "/home/user/.ssh/sallyport.key", version: 7 },
    },
    token: { path: "/home/user/.ssh/sallyport.token", version: 8 },
    directories: [{ path: "~/shared", mode: "rw", name: "shared" } as const],
    serveAddresses: false,
    buckets: [],
    runtime: { file: "/home/user/.cache/sallyport/runtime.tar.gz", sha256: "ab".repeat(32) },
    ...changes,
  };
  const names = changes.fleet === undefined ? hostNames(count) : [];
  return { ...inputs, hosts: hosts ?? names.map((name) => newHost(name, inputs)) } satisfies ProvisionedInputs;
}

/** A new host with what holds for all of them. */
export function newHost(
  name: string,
  of: Pick<ProvisionedInputs, "ami" | "instanceType" | "rootVolumeGib" | "subnetId"> = sampleInputs(),
  own: Partial<NewHost> = {},
): NewHost {
  const { ami, instanceType, rootVolumeGib, subnetId } = of;
  const given = defined({ rootVolumeGib, subnetId });
  return { name, kind: "new", stopMode: "term", spot: false, ami, instanceType, ...given, ...own };
}

export interface Synthesized {
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
  readonly data?: Record<string, Record<string, Record<string, unknown>>>;
  readonly output: Record<string, { readonly value: unknown; readonly sensitive?: boolean }>;
  readonly provider: Record<string, unknown>;
  readonly terraform: Record<string, unknown>;
}

export function synthText(changes: SampleChanges = {}): string {
  return Testing.synth(new AcceleratorHostsStack(Testing.app(), sampleInputs(changes)));
}

export function synth(changes: SampleChanges = {}): Synthesized {
  return JSON.parse(synthText(changes)) as Synthesized;
}

/** All resources of a type, without cdktf's comments, in the order of their names. */
export function resources({ resource }: Pick<Synthesized, "resource">, type: string): Record<string, unknown>[] {
  return Object.entries(resource[type] ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { "//": _, ...rest }]) => rest);
}

export function only({ resource }: Pick<Synthesized, "resource">, type: string): Record<string, unknown> {
  const [first, ...others] = resources({ resource }, type);
  if (first === undefined || others.length > 0) throw new Error(`not exactly one ${type}`);
  return first;
}

/** The boot script of a synthesized instance. */
export function userData(instance: Record<string, unknown>): string {
  return Buffer.from(String(instance.user_data_base64), "base64").toString();
}
