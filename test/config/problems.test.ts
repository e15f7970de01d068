import { expect, test } from "vitest";
import { Fault, quote } from "../../base/fault.js";
import { parseLayer } from "../../config/document.js";
import { resolveConfig } from "../../config/resolve.js";
import { defaultLayer, envLayer, flagLayer } from "../../config/text-layers.js";

/** What a user reads for this file: the message, and the hint below it. */
function problem(text: string, env: Record<string, string> = {}, flags = {}): string {
  try {
    const { layer } = parseLayer(text, { layer: "project", shownAs: "sallyport.yaml", base: "/p" });
    resolveConfig([defaultLayer(env, "/p"), layer, envLayer(env, "/p").layer, flagLayer(flags, "/p")], "/home/u");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.exit).toBe(2);
    return `${error.message}\n${error.hint}`;
  }
  return "no problem";
}

const did = (where: string, key: string, meant: string) => `${where}: unknown key "${key}"\ndid you mean "${meant}"?`;
const wrong = (where: string, what: string, expected: string) => `${where}: ${what}\nit ${expected}`;
const port = "must be a port from 1 to 65535";
const dir = 'must be "/absolute" or "~/below-home", without "..", spaces or quotes, and may end with ":ro" or ":rw"';
const KEY_PAIR =
  "must be a name (letters, digits, dots, dashes and underscores), { name: KEY_PAIR_IN_EC2 } or { public_key: FILE }";
const TAG_CHARACTERS = 'letters, digits, spaces and _ . : / = + - @, and "aws:" at the beginning is reserved for AWS';
const TAG_VALUE = `must be text of at most 256 characters (in quotes if it is a number): ${TAG_CHARACTERS}`;
const TAG_KEY = `must be names of 1 to 128 characters with texts, such as { owner: "me" }: ${TAG_CHARACTERS}`;
const HOST_NAMES = "must be names of 1 to 32 lower-case letters, digits and dashes, each with a mapping";
const cidr = 'must be an address or a CIDR such as "203.0.113.7/32"';

test.each([
  // Keys
  ["regoin: x", did("sallyport.yaml:1:1", "regoin", "region")],
  ["\n\n  allow_port: [22]", did("sallyport.yaml:3:3", "allow_port", "allow_ports")],
  ["allowPorts: [22]", did("sallyport.yaml:1:1", "allowPorts", "allow_ports")],
  ["sslCertCrt: false", did("sallyport.yaml:1:1", "sslCertCrt", "ssl_cert_crt")],
  ["enabled_auth_token_file: x", did("sallyport.yaml:1:1", "enabled_auth_token_file", "auth_token_file")],
  ["quux: 1", 'sallyport.yaml:1:1: unknown key "quux"\n"sallyport config schema" lists every key'],
  ["authorized_host_dirs:\n  - {path: /data, mod: ro}", did("sallyport.yaml:2:19", "mod", "mode")],
  // YAML
  [
    "region: eu-west-1\ncount: 2\nregion: eu-west-2",
    'sallyport.yaml:3:1: "region" is written a second time\nthe first one is at sallyport.yaml:1:1; keep one',
  ],
  [
    "tags:\n  a: x\n  a: y",
    'sallyport.yaml:3:3: "a" is written a second time\nthe first one is at sallyport.yaml:2:3; keep one',
  ],
  [
    "- region",
    'sallyport.yaml:1:1: a configuration file holds keys with values\nwrite for example "region: eu-west-1"',
  ],
  [
    "just text",
    'sallyport.yaml:1:1: a configuration file holds keys with values\nwrite for example "region: eu-west-1"',
  ],
  ['name: "x', 'sallyport.yaml:1:9: Missing closing "quote\nthis is not valid YAML'],
  // Single values
  ["count: two", wrong("sallyport.yaml:1:1", 'count is "two"', "must be a whole number from 1 to 100")],
  ["count: 0", wrong("sallyport.yaml:1:1", "count is 0", "must be a whole number from 1 to 100")],
  ["count: 1.5", wrong("sallyport.yaml:1:1", "count is 1.5", "must be a whole number from 1 to 100")],
  ["count:", wrong("sallyport.yaml:1:1", "count is null", "must be a whole number from 1 to 100")],
  ["root_volume_gib: 7", wrong("sallyport.yaml:1:1", "root_volume_gib is 7", "must be a whole number from 8 to 16384")],
  [
    "region: Paris",
    wrong("sallyport.yaml:1:1", 'region is "Paris"', 'must be the name of a region such as "eu-west-1"'),
  ],
  ["key_type: dsa", wrong("sallyport.yaml:1:1", 'key_type is "dsa"', 'must be "rsa" or "ed25519"')],
  ["auth: off", wrong("sallyport.yaml:1:1", 'auth is "off"', 'must be "token" or "none"')],
  ["key_pair: ~/.ssh/x.pem", wrong("sallyport.yaml:1:1", 'key_pair is "~/.ssh/x.pem"', KEY_PAIR)],
  ["key_pair: {private_key: x}", wrong("sallyport.yaml:1:1", 'key_pair is {"private_key":"x"}', KEY_PAIR)],
  [
    "key_pair: {name: x, public_key: y}",
    wrong("sallyport.yaml:1:1", 'key_pair is {"name":"x","public_key":"y"}', KEY_PAIR),
  ],
  ["key_pair: {public_key: x, privat_key: y}", did("sallyport.yaml:1:27", "privat_key", "private_key")],
  ["key_pair: {name: x, privat_key: y}", did("sallyport.yaml:1:21", "privat_key", "private_key")],
  ["key_pair: {name: 7}", wrong("sallyport.yaml:1:12", "key_pair.name is 7", "must be text of at most 255 characters")],
  ["ssl_cert_generate: yes", wrong("sallyport.yaml:1:1", 'ssl_cert_generate is "yes"', "must be true or false")],
  ...["no", "off", "Yes", "ON", "true", "''"].map((value) => [
    `ssl_cert_crt: ${value}`,
    wrong(
      "sallyport.yaml:1:1",
      `ssl_cert_crt is ${value === "true" ? value : JSON.stringify(value.replaceAll("'", ""))}`,
      "must be the path of a certificate, or false for plain HTTP",
    ),
  ]),
  ["tags: {cost: 12}", wrong("sallyport.yaml:1:8", "tags.cost is 12", TAG_VALUE)],
  ["hosts: {A: {}}", wrong("sallyport.yaml:1:9", 'hosts has the name "A"', HOST_NAMES)],
  // Ports
  ["allow_ports: [22, 0]", wrong("sallyport.yaml:1:19", "allow_ports[1] is 0", port)],
  ["allow_ports: [65536]", wrong("sallyport.yaml:1:15", "allow_ports[0] is 65536", port)],
  ["allow_ports:\n  - 22\n  - 22x", wrong("sallyport.yaml:3:5", 'allow_ports[1] is "22x"', port)],
  ["allow_ports: ['22']", wrong("sallyport.yaml:1:15", 'allow_ports[0] is "22"', port)],
  [
    "allow_ports: [22, 22]",
    wrong("sallyport.yaml:1:1", "allow_ports is [22,22]", "must be a list of different ports such as [22, 80, 443]"),
  ],
  [
    "allow_ports: 22",
    wrong("sallyport.yaml:1:1", "allow_ports is 22", "must be a list of different ports such as [22, 80, 443]"),
  ],
  // Callers
  ["caller: 203.0.113.7/33", wrong("sallyport.yaml:1:1", 'caller is "203.0.113.7/33"', cidr)],
  ["caller: [203.0.113.7, 2001:db8::/129]", wrong("sallyport.yaml:1:23", 'caller[1] is "2001:db8::/129"', cidr)],
  ["caller: me", wrong("sallyport.yaml:1:1", 'caller is "me"', cidr)],
  ["caller: [auto]", wrong("sallyport.yaml:1:10", 'caller[0] is "auto"', 'must stand alone: write "caller: auto"')],
  // Directories
  ["authorized_host_dirs: [data]", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "data"', dir)],
  [
    "authorized_host_dirs: [/data/../etc]",
    wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/data/../etc"', dir),
  ],
  [
    "authorized_host_dirs: ['/data/..:ro']",
    wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/data/..:ro"', dir),
  ],
  ["authorized_host_dirs: ['~root/x']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "~root/x"', dir)],
  ["authorized_host_dirs: ['~x']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "~x"', dir)],
  ["authorized_host_dirs: ['~/../x']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "~/../x"', dir)],
  ["authorized_host_dirs: ['/x/..']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/x/.."', dir)],
  ["authorized_host_dirs: ['/x%n']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/x%n"', dir)],
  ["authorized_host_dirs: ['/a b']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/a b"', dir)],
  ["authorized_host_dirs: ['/data:rx']", wrong("sallyport.yaml:1:24", 'authorized_host_dirs[0] is "/data:rx"', dir)],
  [
    "authorized_host_dirs: [/]",
    'sallyport.yaml:1:24: authorized_host_dirs[0] is "/", which is the whole host\nname the directories that are meant, such as "/data"',
  ],
  [
    "authorized_host_dirs: ['~/']",
    'sallyport.yaml:1:24: authorized_host_dirs[0] is "~", of which no name can be made\ngive it a name: { path: "~", name: something }',
  ],
  [
    "authorized_host_dirs: [/a/data, /b/data]",
    'sallyport.yaml:1:33: authorized_host_dirs[1] has the name "data", and so has authorized_host_dirs[0]\ngive one of them another name: { path: …, name: other }',
  ],
  [
    "authorized_host_dirs: [/a/data, '/a//data/:ro']",
    'sallyport.yaml:1:33: authorized_host_dirs[1] is "/a/data", and so is authorized_host_dirs[0]\nkeep one of them',
  ],
  [
    "authorized_host_dirs: [{mode: ro}]",
    wrong(
      "sallyport.yaml:1:24",
      'authorized_host_dirs[0] is {"mode":"ro"}',
      "must have a path, and may have a mode and a name",
    ),
  ],
  [
    "authorized_host_dirs: [{path: /a, mode: rx}]",
    wrong("sallyport.yaml:1:35", 'authorized_host_dirs[0].mode is "rx"', 'must be "rw" or "ro"'),
  ],
  // Combinations of keys
  [
    "count: 1\nssl_cert_crt: a.crt",
    "sallyport.yaml:2:1: ssl_cert_crt is given without ssl_cert_key\nboth ssl_cert_crt and ssl_cert_key are required; give both, or neither to use the ones in ~/.ssh",
  ],
  [
    "ssl_cert_key: a.key",
    "sallyport.yaml:1:1: ssl_cert_key is given without ssl_cert_crt\nboth ssl_cert_crt and ssl_cert_key are required; give both, or neither to use the ones in ~/.ssh",
  ],
  [
    "ssl_cert_crt: false\nssl_cert_generate: true",
    "sallyport.yaml:2:1: ssl_cert_generate is true, but ssl_cert_crt is false (plain HTTP)\nremove one of the two",
  ],
])("the file %j is refused with one clear line", (text, expected) => {
  expect(problem(text as string)).toBe(expected);
});

test.each([
  [{ SALLYPORT_COUNT: "many" }, wrong("SALLYPORT_COUNT", 'count is "many"', "must be a whole number from 1 to 100")],
  [{ SALLYPORT_ALLOW_PORTS: "22,443x" }, wrong("SALLYPORT_ALLOW_PORTS", 'allow_ports[1] is "443x"', port)],
  [{ SALLYPORT_CALLER: "203.0.113.7,here" }, wrong("SALLYPORT_CALLER", 'caller[1] is "here"', cidr)],
  [{ AWS_REGION: "here" }, wrong("AWS_REGION", 'region is "here"', 'must be the name of a region such as "eu-west-1"')],
])("the environment %j is refused by the variable's name", (env, expected) => {
  expect(problem("", env as unknown as Record<string, string>)).toBe(expected);
});

test("a flag is refused by the flag's name", () => {
  expect(problem("", {}, { root_volume_gib: "big" })).toBe(
    wrong("--root-volume-gib", 'root_volume_gib is "big"', "must be a whole number from 8 to 16384"),
  );
});

test("an alias that unfolds without end is refused, not unfolded", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [name, of] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg"].map((pair) => [...pair])) {
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${of}`).join(", ")}]`);
  }
  expect(problem(bomb.join("\n"))).toContain("this is not valid YAML");
});

test("control characters in a wrong value are shown, not printed", () => {
  expect(problem('region: "\\e[2Jx"')).toContain('region is "\\u001b[2Jx"');
});

test.each([
  ["tags:\n  a: x\n  aws:x: y", wrong("sallyport.yaml:3:3", 'tags has the name "aws:x"', TAG_KEY)],
  ["tags: {AWS:x: y}", wrong("sallyport.yaml:1:8", 'tags has the name "AWS:x"', TAG_KEY)],
  ["tags: {a&b: y}", wrong("sallyport.yaml:1:8", 'tags has the name "a&b"', TAG_KEY)],
  ['tags: {"": y}', wrong("sallyport.yaml:1:8", 'tags has the name ""', TAG_KEY)],
  [
    `tags: {${"k".repeat(129)}: y}`,
    wrong("sallyport.yaml:1:8", `tags has the name ${quote("k".repeat(129))}`, TAG_KEY),
  ],
  ["tags:\n  who: me, you", wrong("sallyport.yaml:2:3", 'tags.who is "me, you"', TAG_VALUE)],
  ["tags: {who: 'Aws:me'}", wrong("sallyport.yaml:1:8", 'tags.who is "Aws:me"', TAG_VALUE)],
  [`tags: {who: ${"v".repeat(257)}}`, wrong("sallyport.yaml:1:8", `tags.who is ${quote("v".repeat(257))}`, TAG_VALUE)],
  ["tags: {Équipe α_1: 'a.b:c/d=e+f-g@h', who: ''}", "no problem"],
  [`tags: {${"k".repeat(128)}: ${"v".repeat(256)}}`, "no problem"],
])("S-04: %j is judged as AWS does, with the place of the tag", (text, expected) => {
  expect(problem(text)).toBe(expected);
});

test("S-04: as many tags as a machine can carry beside the kit's own, and no more", () => {
  const tags = (count: number) => Array.from({ length: count }, (_, n) => `  tag-${n}: x\n`).join("");
  expect(problem(`tags:\n  Project: mine\n${tags(44)}`)).toBe("no problem");
  expect(problem(`tags:\n  Project: mine\n${tags(45)}`)).toBe(
    "sallyport.yaml:47:3: tags.tag-44 is one tag too many\n" +
      "AWS permits 50 tags on a resource, and Sallyport sets some itself: keep at most 44 beside Project and ManagedBy",
  );
});
