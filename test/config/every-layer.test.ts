import { expect, test } from "vitest";
import { stringify } from "yaml";
import { checkLayer } from "../../config/checks/check-layer.js";
import { parseLayer } from "../../config/document.js";
import type { Layer } from "../../config/origin.js";
import { type ConfigFile, type ConfigKey, configKeys } from "../../config/schema.js";
import { flow } from "../../config/template.js";
import { envLayer, envName, flagLayer, setLayer } from "../../config/text-layers.js";
import { faultText } from "../support/fault-text.js";

const SUBNET = "subnet-0123456789abcdef0";
const POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/** A value of each key, other than its default. The type asks for every key of the schema. */
const samples: { readonly [Key in ConfigKey]: NonNullable<ConfigFile[Key]> } = {
  name: "lab",
  region: "eu-west-1",
  instance_type: "g6.xlarge",
  ami: "al2023",
  count: 3,
  vpc_id: "vpc-0123456789abcdef0",
  subnet_id: SUBNET,
  root_volume_gib: 100,
  allow_ports: [22, 443],
  caller: ["203.0.113.7", "2001:db8::/64"],
  profile: "dask",
  http_ports: [8080],
  enable_public_ssh: true,
  enable_public_http: false,
  disable_public_ingress: true,
  firewall: { ports: [100], cidr: "10.1.0.0/16" },
  ingress: [{ ports: [443], cidr: "203.0.113.0/24" }],
  firewall_sync: { source: "faculty:https://example.my.faculty.ai", groups: [{ group: "hosts", ports: [5432] }] },
  ssh_user: "ubuntu",
  host_name_prefix: "lab",
  hosts: { "fpga-a": {}, "gpu-b": { instance_type: "g6.xlarge", spot: { max_price: 1.25 } } },
  fleet: { max: 4, instance_types: ["g6.xlarge", "g5.xlarge"] },
  instance_id: "i-0123456789abcdef0",
  host_ip: "2001:db8::7",
  security_group: "sg-0123456789abcdef0",
  use_private_ip: true,
  spot: { max_price: 1.25, fallback: false },
  stop_mode: 1,
  role: "hosts",
  policy: [POLICY, "arn:aws:iam::123456789012:policy/mine"],
  init_script: "first.sh",
  init_config: true,
  boot_timeout: "300s",
  accelerators: { zip: { builtin: "gzip", timeout: "5m" } },
  autostop: "30m",
  agent_limits: { connections: 2048 },
  gateway_url: "https://gateway.example.com",
  gateway_cert: "~/gateway.crt",
  gateway_token_file: "~/gateway.token",
  connect: { rdp: ["xfreerdp3", "/v:{host}:{port}"] },
  lab_gateway: { cidr: "10.71.0.0/16", ports: { min: 50000, max: 50100 } },
  network: "private-mirror",
  private_mirror: { cidr: "10.72.0.0/16" },
  key_pair: { public_key: "~/.ssh/id_ed25519.pub" },
  key_type: "ed25519",
  ssl_cert_crt: false,
  ssl_cert_key: "~/tls.key",
  ssl_cert_generate: false,
  ssl_cert_names: ["fpga.example.com", "203.0.113.7"],
  auth: "none",
  auth_token_file: "~/token",
  authorized_host_dirs: ["~/shared", { path: "/data", mode: "ro" }],
  serve_addresses: true,
  buckets: ["my-data"],
  tags: { owner: "me", note: "a=b" },
};

/** The value that each layer has for the key, checked as when loading. */
function throughLayers(key: ConfigKey, value: unknown, text: string): unknown[] {
  const file = parseLayer(stringify({ [key]: value }), {
    layer: "project",
    shownAs: "sallyport.yaml",
    base: "/p",
  }).layer;
  const env = envLayer({ [envName(key)]: text }, "/p");
  expect(env.warnings).toEqual([]);
  const layers: Layer[] = [file, env.layer, setLayer([`${key}=${text}`], "/p"), flagLayer({ [key]: text }, "/p")];
  return layers.map((layer) => {
    checkLayer(layer);
    return layer.values[key];
  });
}

test.each(configKeys)("S-15: %s can be written in a file, a variable, --set and a flag", (key) => {
  const value = samples[key];
  const texts = typeof value === "string" ? [value] : [flow(value), JSON.stringify(value), ` ${flow(value)} `];
  for (const text of texts) expect(throughLayers(key, value, text)).toEqual([value, value, value, value]);
});

const short: readonly (readonly [ConfigKey, unknown, string])[] = [
  ["allow_ports", [22, 443], "22, 443"],
  ["caller", "203.0.113.7", "203.0.113.7"],
  ["caller", ["203.0.113.7", "2001:db8::/64"], "203.0.113.7,2001:db8::/64"],
  ["policy", POLICY, POLICY],
  ["key_pair", "lab", "lab"],
  ["ssl_cert_crt", "~/tls.crt", "~/tls.crt"],
  ["stop_mode", "keep", "keep"],
  ["init_config", "lab.yaml", "lab.yaml"],
  ["autostop", false, "false"],
  ["spot", true, "true"],
  ["buckets", [], "[]"],
  ["authorized_host_dirs", ["~/shared", "/data:ro"], "~/shared,/data:ro"],
  ["ingress", [{ ports: [443] }, { ports: [80] }], "{ports: [443]}, {ports: [80]}"],
  ["tags", { owner: "me", note: "a=b" }, "owner=me, note=a=b"],
];
test.each(short)("S-15: %s as %j is also the text %j", (key, value, text) => {
  expect(throughLayers(key, value, text)).toEqual([value, value, value, value]);
});

test.each([
  ["count", "1.5", 'count is "1.5"'],
  ["private_mirror", "{cidr: ", 'private_mirror is "{cidr:"'],
  ["spot", "maybe", 'spot is "maybe"'],
  ["tags", "owner", 'tags is "owner"'],
] as const)("S-15: %s as %j is refused with the layer's name for it", async (key, text, expected) => {
  expect(await faultText(() => checkLayer(envLayer({ [envName(key)]: text }, "/p").layer))).toContain(
    `${envName(key)}: ${expected}`,
  );
  expect(await faultText(() => checkLayer(setLayer([`${key}=${text}`], "/p")))).toContain(`--set ${key}: ${expected}`);
});

test("S-15: --set says what it needs, and knows the keys", async () => {
  expect(await faultText(() => setLayer(["region"], "/p"))).toContain('--set is "region"');
  expect(await faultText(() => checkLayer(setLayer(["regoin=eu-west-1"], "/p")))).toContain('did you mean "region"?');
});
