import { expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { parseLayer } from "../../../config/document.js";
import { type Resolved, resolveConfig } from "../../../config/resolve.js";
import { spanSeconds } from "../../../config/span.js";
import { defaultLayer, envLayer } from "../../../config/text-layers.js";

function resolve(text: string, env: Record<string, string> = {}): Resolved {
  const { layer } = parseLayer(text, { layer: "project", shownAs: "sallyport.yaml", base: "/p" });
  return resolveConfig([defaultLayer(env, "/p"), layer, envLayer(env, "/p").layer], "/home/u");
}

function problem(text: string, env: Record<string, string> = {}): string {
  try {
    resolve(text, env);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.exit).toBe(2);
    return `${error.message}\n${error.hint}`;
  }
  return "no problem";
}

const beside = (where: string, key: string, other: string, otherWhere: string, remedy: string) =>
  `sallyport.yaml:${where}: ${key} cannot stand beside ${other} (sallyport.yaml:${otherWhere})\n${remedy}`;
const nothing = (where: string, key: string, what: string) =>
  `sallyport.yaml:${where}: ${key} does nothing for ${what}\ntake ${key} out; nothing is made or installed there`;
const ID = "i-0123456789abcdef0";
const ONE_WAY = "keep one of the two: each says which hosts there are";
const ROLE = "an existing role is left as it is: give it what it needs there, or leave role out";
const POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const EXECUTOR = "it must have exactly one of builtin, command and filter, such as { builtin: gzip }";

test.each([
  // Which hosts there are
  ["count: 2\nhosts: {a: {}}", beside("1:1", "count", "hosts", "2:1", ONE_WAY)],
  ["hosts: {a: {}}\nfleet: {max: 2}", beside("2:1", "fleet", "hosts", "1:1", ONE_WAY)],
  ["fleet: {max: 2}\ncount: 3", beside("2:1", "count", "fleet", "1:1", ONE_WAY)],
  [
    "network: private-mirror\nvpc_id: vpc-0123456789abcdef0",
    beside("2:1", "vpc_id", "network", "1:1", "keep one of the two: each says where the hosts live"),
  ],
  [`instance_id: ${ID}\ncount: 3`, beside("2:1", "count", "instance_id", "1:1", ONE_WAY)],
  [`instance_id: ${ID}\nhost_ip: 203.0.113.7`, beside("2:1", "host_ip", "instance_id", "1:1", ONE_WAY)],
  [
    "hosts: {a: {}}\nhost_ip: 203.0.113.7",
    beside(
      "2:1",
      "host_ip",
      "hosts",
      "1:1",
      "keep one of the two; an existing host may be one of hosts: { my-host: { host_ip: … } }",
    ),
  ],
  [
    "hosts: {}",
    'sallyport.yaml:1:1: hosts names no host\nname one: hosts: { fpga-a: {} }; to remove them all run "sallyport down"',
  ],
  [
    `hosts:\n  a: {instance_id: ${ID}}\n  b: {instance_id: ${ID}}`,
    `sallyport.yaml:3:7: hosts.b.instance_id is "${ID}", and so is hosts.a.instance_id\nkeep one of them`,
  ],
  [
    `hosts:\n  a:\n    instance_id: ${ID}\n    host_ip: 203.0.113.7`,
    beside("4:5", "hosts.a.host_ip", "hosts.a.instance_id", "3:5", "keep one of the two"),
  ],
  // What would do nothing
  ["hosts:\n  a: {host_ip: 203.0.113.7, ami: al2023}", nothing("2:29", "hosts.a.ami", "an existing host (host_ip)")],
  [`instance_id: ${ID}\nspot: true`, nothing("2:1", "spot", "an existing host (instance_id)")],
  [`host_ip: h.example.com\ninit_script: x.sh`, nothing("2:1", "init_script", "an existing host (host_ip)")],
  // Fleets
  ["fleet: {max: 2, min: 3}", "sallyport.yaml:1:17: fleet.min is 3\nit must be at most max"],
  ["fleet: {max: 2, desired: 3}", "sallyport.yaml:1:17: fleet.desired is 3\nit must be at most max"],
  ["fleet: {max: 4, min: 2, desired: 1}", "sallyport.yaml:1:25: fleet.desired is 1\nit must be at least min"],
  [
    "fleet: {max: 2}\nspot: true",
    beside("2:1", "spot", "fleet", "1:1", "a fleet has spot_percentage: fleet: { …, spot_percentage: 100 }"),
  ],
  [
    "fleet: {max: 2}\nstop_mode: 1",
    beside(
      "2:1",
      "stop_mode: stop",
      "fleet",
      "1:1",
      "Auto Scaling replaces a machine that stops; write stop_mode: term",
    ),
  ],
  [
    "fleet: {max: 2}\nautostop: 30m",
    beside(
      "2:1",
      "autostop",
      "fleet",
      "1:1",
      "Auto Scaling replaces a machine that ends itself; lower fleet.desired, or use hosts:",
    ),
  ],
  // How they end
  [
    "stop_mode: keep\nautostop: 30m",
    beside(
      "2:1",
      "autostop",
      "stop_mode: keep",
      "1:1",
      "write stop_mode: stop or stop_mode: term, or take autostop out",
    ),
  ],
  [
    "stop_mode: stop\nhosts: {a: {spot: false}, b: {spot: {fallback: false}}}",
    beside(
      "2:31",
      "spot",
      "stop_mode: stop",
      "1:1",
      "AWS does not stop spot instances such as these and start them again; write stop_mode: term, or spot: false",
    ),
  ],
  ["stop_mode: stop\nspot: true\nhosts: {a: {spot: false}}", "no problem"],
  // What is left as it is
  [
    "security_group: sg-0123456789abcdef0\nallow_ports: [443]",
    beside(
      "2:1",
      "allow_ports",
      "security_group",
      "1:1",
      "an existing group is left as it is, so no rule is made; keep one of the two",
    ),
  ],
  [
    "security_group: sg-0123456789abcdef0\ndisable_public_ingress: true",
    beside(
      "2:1",
      "disable_public_ingress",
      "security_group",
      "1:1",
      "an existing group is left as it is; for private addresses write use_private_ip: true",
    ),
  ],
  [`role: ours\npolicy: ${POLICY}`, beside("2:1", "policy", "role", "1:1", ROLE)],
  ["role: ours\nbuckets: [data]", beside("2:1", "buckets", "role", "1:1", ROLE)],
  // Accelerators
  ["accelerators:\n  none: {timeout: 5m}", `sallyport.yaml:2:3: accelerators.none has no program\n${EXECUTOR}`],
  [
    "accelerators: {two: {builtin: gzip, filter: [cat]}}",
    `sallyport.yaml:1:16: accelerators.two has builtin and filter\n${EXECUTOR}`,
  ],
])("%j is judged as a whole", (text, expected) => {
  expect(problem(text)).toBe(expected);
});

test.each([
  ["stop_mode: sometimes", 'stop_mode is "sometimes"\nit must be "term", "stop" or "keep" (or 0, 1 or 2)'],
  ["spot: maybe", 'spot is "maybe"\nit must be true, false, or { max_price: 1.25, fallback: false }'],
  ["spot: {max_price: 0}", "spot.max_price is 0\nit must be US dollars per hour, such as 1.25"],
  ["boot_timeout: 7", 'boot_timeout is 7\nit must be a time span such as "90s", "30m" or "8h"'],
  ["autostop: true", 'autostop is true\nit must be false, or a time span such as "30m"'],
  [
    "security_group: ours",
    'security_group is "ours"\nit must be the id of a security group such as "sg-0123456789abcdef0"',
  ],
  ["instance_id: accelerator-1", `instance_id is "accelerator-1"\nit must be the id of an instance such as "${ID}"`],
  [
    "hosts: {A: {}}",
    'hosts has the name "A"\nit must be names of 1 to 32 lower-case letters, digits and dashes, each with a mapping',
  ],
  [
    "policy: [x]",
    'policy[0] is "x"\nit must be the ARN of a policy such as "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"',
  ],
])("%j is refused by what its key takes", (text, expected) => {
  expect(problem(text)).toContain(expected);
});

test("a habit of the user's own file is no contradiction, and is told where it does nothing", () => {
  const { warnings } = resolve("security_group: sg-0123456789abcdef0", { SALLYPORT_ALLOW_PORTS: "22" });
  expect(warnings).toEqual([
    "SALLYPORT_ALLOW_PORTS: allow_ports does nothing beside security_group, which is left as it is",
  ]);
});

test.each([
  ["stop_mode: 0", { stop_mode: "term" }],
  ["stop_mode: 2", { stop_mode: "keep" }],
  [`policy: ${POLICY}`, { policy: [POLICY] }],
  ["key_pair: {public_key: keys/me.pub}", { key_pair: { public_key: "/p/keys/me.pub" } }],
  ["key_pair: {name: theirs, private_key: ~/k.pem}", { key_pair: { name: "theirs", private_key: "/home/u/k.pem" } }],
  ["init_script: setup.sh", { init_script: "/p/setup.sh" }],
])("%j becomes what the rooms use", (text, expected) => {
  expect(resolve(text).config).toMatchObject(expected);
});

test.each([
  ["90s", 90],
  ["30m", 1_800],
  ["8h", 28_800],
  ["2d", 172_800],
])("%s is %i seconds", (text, seconds) => {
  expect(spanSeconds(text)).toBe(seconds);
});
