/**
 * The bytes of every stack, from committed configurations. A change here replaces or changes what is
 * deployed: write new snapshots only where that is what a release wants, and say so in the changelog.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bucketName, type StackName } from "../../stacks/names.js";
import { readableStack } from "./support/readable-stack.js";
import { synthesize, synthesizeExample, synthesizeTeardown } from "./support/synthesize.js";

const PROJECT_ID = "0123456789abcdef0123";
const NETWORK = {
  mirror_repository: "packages",
  mirror_policy_arn: "arn:aws:iam::123456789012:policy/lab-install-1",
  network_vpc_id: "vpc-0123456789abcdef0",
  network_cidr: "10.72.0.0/16",
  network_subnet_ids: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  network_s3_endpoint_id: "vpce-0123456789abcdef0",
  network_services: ["codeartifact.api", "codeartifact.repositories", "ssm"],
};

const NAMED_HOSTS = `
name: lab
region: eu-west-1
profile: http
ingress: [{ ports: [443], cidr: 203.0.113.0/24 }, { ports: [22], prefix_list: pl-0123456789abcdef0 }]
hosts:
  fpga-a: { spot: { max_price: "1.25" } }
  gpu-b: { instance_type: g6.xlarge, ami: al2023, root_volume_gib: 200, ssh_user: me }
  old: { instance_id: i-0123456789abcdef0 }
  far: { host_ip: "2001:db8::7" }
host_name_prefix: team
stop_mode: term
autostop: 30m
policy: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
buckets: [my-data]
init_script: setup.sh
init_config: true
accelerators:
  upper: { filter: [/usr/bin/tr, a-z, A-Z], timeout: 2m, concurrency: 4 }
agent_limits: { connections: 2048 }
authorized_host_dirs: [~/shared, "/srv/data:ro", { path: /home/me, mode: rw, name: me }]
serve_addresses: true
tags: { owner: me }
`;
const LAB_IN_NETWORK = `
name: lab
network: private-mirror
lab_gateway: { ami: ami-0123456789abcdef0, log: { target: "https://logs.example.com/lab" }, issuer: https://lab.example.com }
`;

/** Name of the snapshot, configuration, stack, and the boot scripts that it shares with others. */
const CASES: readonly (readonly [name: string, yaml: string, stack: StackName, bootScripts: readonly string[]])[] = [
  ["hosts", "count: 2\ncaller: [203.0.113.7, 2001:db8::7]\n", "accelerator-hosts", ["host", "host"]],
  ["named-hosts", NAMED_HOSTS, "accelerator-hosts", ["host-with-init", "host-with-init"]],
  [
    "plain-hosts",
    "ssl_cert_crt: false\nauth: none\nenable_public_http: true\nfirewall: { ports: [8443], cidr: 203.0.113.0/24 }\ncaller: 203.0.113.7\nkey_pair: { name: team }\nrole: mine\n",
    "accelerator-hosts",
    ["host"],
  ],
  [
    "inside-the-vpc",
    "disable_public_ingress: true\ncaller: 203.0.113.7\nspot: true\nvpc_id: vpc-0123456789abcdef0\nsubnet_id: subnet-0123456789abcdef0\n",
    "accelerator-hosts",
    ["host"],
  ],
  [
    "existing-group",
    "security_group: sg-0123456789abcdef0\nuse_private_ip: true\nstop_mode: stop\nautostop: 1h\n",
    "accelerator-hosts",
    ["host"],
  ],
  [
    "fleet",
    "profile: dask\nfleet: { min: 1, max: 4, spot_percentage: 50, instance_types: [g6.xlarge, g5.xlarge] }\n",
    "accelerator-hosts",
    ["fleet"],
  ],
  ["existing-instance", "instance_id: i-0123456789abcdef0\n", "accelerator-hosts", []],
  ["existing-address", "host_ip: 203.0.113.7\nssl_cert_crt: false\n", "accelerator-hosts", []],
  ["hosts-in-private-network", "name: lab\nnetwork: private-mirror\nautostop: false\n", "accelerator-hosts", ["host"]],
  [
    "firewall-sync",
    'firewall_sync:\n  source: ["json:https://lists.example.com/list.json#/addresses", aws:EC2]\n  owner: lists\n  every: 1h\n  groups: [{ group: sg-0123456789abcdef0, ports: [5432, 8000-8010] }]\n  prefix_lists: [pl-0123456789abcdef0]\n  token_parameter: /sallyport/list\n  max_shrink: 30\n',
    "firewall-sync",
    [],
  ],
  ["lab-gateway", "name: lab\ncaller: 203.0.113.7\nlab_gateway: {}\n", "lab-gateway", ["gateway"]],
  ["lab-in-private-network", LAB_IN_NETWORK, "lab-gateway", ["gateway"]],
  [
    "private-mirror",
    'name: lab\nprivate_mirror: { upstreams: ["public:pypi", "public:npmjs"], readers: ["arn:aws:iam::123456789012:role/notebooks"] }\n',
    "private-mirror",
    [],
  ],
  [
    "mirror-with-machines",
    "name: lab\nregion: eu-central-1\nnetwork: private-mirror\nautostop: 1h\nlab_gateway: {}\nprivate_mirror: { endpoints: [logs] }\n",
    "private-mirror",
    [],
  ],
];

let home: string;
let project: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "synthesized-"));
  project = join(home, "project");
  await mkdir(project);
  await mkdir(join(project, ".sallyport"));
  await writeFile(join(project, ".sallyport/deployment.json"), JSON.stringify({ id: PROJECT_ID }));
  await writeFile(join(project, "setup.sh"), '#!/bin/bash\necho "it\'s set up" >/etc/motd\n');
  env = { HOME: home, XDG_CACHE_HOME: join(home, ".cache") };
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** What differs between machines, from the longest to the shortest. */
async function words(json: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const read = (name: string) => readFile(join(home, ".ssh", name), "utf8").catch(() => undefined);
  const [key, certificate] = [await read("sallyport.pub"), await read("sallyport.crt")];
  if (key !== undefined) {
    found.set(key.trim(), "PUBLIC-KEY").set(suffixOf(key), "SUFFIX");
  }
  found.set(suffixOf(""), "NO-KEY-SUFFIX").set(suffixOf("ec2-key-pair team"), "TEAM-SUFFIX");
  if (certificate !== undefined) found.set(certificate, "CERTIFICATE\n");
  for (const [fingerprint] of json.matchAll(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g)) found.set(fingerprint, "FINGERPRINT");
  for (const [, version = ""] of json.matchAll(/"value_wo_version": (\d+)/g)) {
    found.set(`"value_wo_version": ${version}`, '"value_wo_version": VERSION');
  }
  const [, archive = ""] = /runtime-([0-9a-f]{64})\.tar\.gz/.exec(json) ?? [];
  if (archive !== "") found.set(archive, "ARCHIVE-SHA256").set(archive.slice(0, 12), "ARCHIVE-VERSION");
  const [, zip = ""] = /firewall-sync-([0-9a-f]{64})\.zip/.exec(json) ?? [];
  if (zip !== "") found.set(zip, "ZIP-SHA256").set(Buffer.from(zip, "hex").toString("base64"), "ZIP-SHA256-BASE64");
  found.set(project, "/PROJECT").set(home, "/HOME").set(process.cwd(), "/HERE");
  return new Map([...found].sort(([a], [b]) => b.length - a.length));
}

const suffixOf = (publicKey: string) =>
  createHash("sha256").update(publicKey.trim().split(/\s+/).slice(0, 2).join(" ")).digest("hex").slice(0, 8);

async function writeNetwork(): Promise<void> {
  const suffix = suffixOf(await readFile(join(home, ".ssh/sallyport.pub"), "utf8"));
  const of = { projectId: PROJECT_ID, region: "us-east-1" };
  const network_buckets = [`lab-${suffix}`, `lab-${suffix}-gw`].map(
    (deployment) => `arn:aws:s3:::${bucketName(deployment, of)}/runtime/*`,
  );
  const outputs = Object.entries({ ...NETWORK, network_buckets }).map(([name, value]) => [name, { value }]);
  await writeFile(
    join(project, "terraform.private-mirror.tfstate"),
    JSON.stringify({ version: 4, outputs: Object.fromEntries(outputs) }),
  );
}

async function expectBytes(name: string, json: string, bootScripts: readonly string[]): Promise<void> {
  const readable = readableStack(json, await words(json));
  await expect(readable.text).toMatchFileSnapshot(`__snapshots__/${name}.txt`);
  expect(readable.bootScripts).toHaveLength(bootScripts.length);
  for (const [index, script] of readable.bootScripts.entries()) {
    await expect(script).toMatchFileSnapshot(`__snapshots__/boot-${bootScripts[index]}.sh.txt`);
  }
}

describe("the bytes of a synthesized stack", () => {
  test.each(CASES)("%s", async (name, yaml, stack, bootScripts) => {
    await writeFile(join(project, "sallyport.yaml"), yaml);
    if (yaml.includes("network: private-mirror") && stack !== "private-mirror") await writeNetwork();
    await expectBytes(name, await synthesize(stack, project, env), bootScripts);
  });

  test.each(["accelerator-hosts", "private-mirror"] as const)("of %s when it is taken down", async (stack) => {
    await writeFile(join(project, "sallyport.yaml"), "name: lab\ntags: { owner: me }\n");
    await expectBytes(`down-${stack}`, await synthesizeTeardown(stack, project, env), []);
  });

  test("of the example app", async () => {
    await writeFile(join(project, "sallyport.yaml"), "caller: 203.0.113.7\n");
    await expectBytes("own-cdktf-app", await synthesizeExample(project, env), ["host"]);
  });
});
