import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseIni } from "../../../../config/apyfal/ini.js";
import { type Scrubbed, scrubIni, scrubYaml } from "../../../../stacks/boot/init/scrub.js";
import { faultText } from "../../../support/fault-text.js";
import { type Random, seededRandom } from "../../../support/random.js";

const ini = (text: string) => scrubIni(text, "accelerator.conf");
const yaml = (text: string) => scrubYaml(text, "sallyport.yaml");
const KEY_ID = "AKIAIOSFODNN7EXAMPLE";

describe("A-56: init_config goes without secrets", () => {
  test("an INI file: by name, by shape, in sections, comments and long values; what is left reads the same", () => {
    const { text, takenOut } = ini(`; the token is --token hunter2hunter2
[accelize]
client_id = an-account
secret_id = hunter2

[host]
region = eu-west-1
use_private_ip = True
ssl_cert_key = /etc/x.key
proxy = http://me:hunter2@proxy:3128
init = one
  -----BEGIN RSA PRIVATE KEY-----
  MIIEow
[security]
authorized_host_dirs =
    ~/shared
    /data
[process]
level
password:
`);
    expect(text).toMatchInlineSnapshot(`
      "[accelize]

      [host]
      region = eu-west-1
      use_private_ip = True

      [security]
      authorized_host_dirs = 
      	~/shared
      	/data

      [process]
      level
      password = 
      "
    `);
    expect(takenOut).toMatchInlineSnapshot(`
      [
        "accelerator.conf:3 [accelize] client_id",
        "accelerator.conf:4 [accelize] secret_id",
        "accelerator.conf:9 [host] ssl_cert_key",
        "accelerator.conf:10 [host] proxy",
        "accelerator.conf:11 [host] init",
        "accelerator.conf:1 a comment",
      ]
    `);
  });

  test("a YAML file: names at any depth, lists whole, no comments", () => {
    const { text, takenOut } = yaml(`name: lab # bearer abcdefgh.ijklmnop
region: eu-west-1
auth: token
auth_token_file: ~/.ssh/sallyport.token
ssl_cert_key: ~/x.key
key_pair: { name: mine, private_key: ~/.ssh/mine.pem }
accelerators:
  gzip: { builtin: gzip }
  up:
    filter: [/usr/bin/curl, --header, "Authorization: Bearer abcdefgh.ijklmnop"]
  fine:
    filter: [/usr/bin/tr, a-z, A-Z]
tags: { owner: me, api-key: hunter2 }
authorized_host_dirs:
  - { path: /data, mode: ro, name: data }
`);
    expect(text).toMatchInlineSnapshot(`
      "name: lab
      region: eu-west-1
      auth: token
      key_pair:
        name: mine
      accelerators:
        gzip:
          builtin: gzip
        up: {}
        fine:
          filter:
            - /usr/bin/tr
            - a-z
            - A-Z
      tags:
        owner: me
      authorized_host_dirs:
        - path: /data
          mode: ro
          name: data
      "
    `);
    expect(takenOut).toMatchInlineSnapshot(`
      [
        "sallyport.yaml:4:1 auth_token_file",
        "sallyport.yaml:5:1 ssl_cert_key",
        "sallyport.yaml:6:25 key_pair.private_key",
        "sallyport.yaml:10:5 accelerators.up.filter",
        "sallyport.yaml:13:20 tags.api-key",
        "sallyport.yaml:1 a comment",
      ]
    `);
  });

  test("the shell reads nothing in it: values stay as they are", () => {
    const values = ["$HOME", "`id`", "$(id)", "EOF", "a\n\tEOF\n\tb", "'", '"', "\\", "%(x)s"];
    const text = `[process]\n${values.map((value, n) => `k${n} = ${value}`).join("\n")}\n`;
    const entries = parseIni(ini(text).text, "x").sections.get("process")?.entries;
    expect([...(entries ?? [])].map(([, { value }]) => value?.replaceAll("\n", "\n\t"))).toEqual(values);
  });
});

describe("T9: with credentials of a cloud it is refused, with the list of the keys and without any value", () => {
  test.each([
    ["[host]\nregion = x\nclient_id = a\nsecret_id = b\n"],
    ["[host.AWS]\nsecret_id = b\n"],
    ["[csp]\nsecret_id = b\n"],
    ["[storage.s3.mine]\nclient_id = a\n"],
    ["[DEFAULT]\nsecret_id = b\n"],
    ["[process]\naws_secret_access_key = b\n"],
    [`[process]\nx = 1\n  ${KEY_ID}\n`],
    [`[${KEY_ID}]\nx = 1\n`],
    [`[process]\n${KEY_ID}\n`],
  ])("%j", async (text) => {
    const said = await faultText(() => ini(text));
    expect(said).toMatch(/^init_config would carry credentials of a cloud, .*: accelerator\.conf:\d+ \[[^\]]+\]/);
    expect(said).toMatch(/exit 2\)$/);
    expect(said).not.toContain(KEY_ID);
  });

  test("the whole list, in one go", async () => {
    const text = "[host]\nclient_id = a\nsecret_id = b\n[storage]\nsecret_id = c\n";
    expect(await faultText(() => ini(text))).toMatchInlineSnapshot(`
      "init_config would carry credentials of a cloud, which every program on the host could read: accelerator.conf:2 [host] client_id, accelerator.conf:3 [host] secret_id, accelerator.conf:5 [storage] secret_id
        take them out of the file: the hosts' role opens what buckets: and policy: name (exit 2)"
    `);
    expect(await faultText(() => yaml(`tags: { a: x${KEY_ID}, AWS_SECRET_ACCESS_KEY: y }\n`))).toMatchInlineSnapshot(`
      "init_config would carry credentials of a cloud, which every program on the host could read: sallyport.yaml:1:9 tags.a, sallyport.yaml:1:35 tags.AWS_SECRET_ACCESS_KEY
        take them out of the file: the hosts' role opens what buckets: and policy: name (exit 2)"
    `);
  });

  test("a key without a value is none", () => {
    expect(ini("[host]\nclient_id =\nsecret_id\n").text).toBe("[host]\nclient_id = \nsecret_id\n");
  });
});

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const some = (random: Random, length: number, from = LETTERS) =>
  Array.from({ length }, () => from[random.below(from.length)]).join("");

/** A key, the text to write as its value, and the secret in that text. */
const plants: ((random: Random) => readonly [key: string | undefined, text: string, secret: string])[] = [
  (random) => {
    const secret = some(random, 12);
    const names = ["password", "db_password", "API-KEY", "authToken", "private_key", "x.secret", "accessKey", "cookie"];
    return [random.pick(names), secret, secret];
  },
  (random) => {
    const secret = some(random, 40, `${LETTERS}+/`);
    return [undefined, secret, secret];
  },
  (random) => {
    const secret = some(random, 10);
    return [undefined, `https://user:${secret}@example.com/x`, secret];
  },
  (random) => {
    const secret = some(random, 30);
    return [undefined, `eyJhbGciOiJIUzI1NiJ9.${secret}.${some(random, 43)}`, secret];
  },
  (random) => {
    const secret = some(random, 24);
    return [undefined, `Authorization: Bearer ${secret}`, secret];
  },
  (random) => {
    const secret = some(random, 32, "0123456789abcdef");
    return [undefined, secret, secret];
  },
  (random) => {
    const secret = some(random, 9);
    return [undefined, `run --password ${secret} --verbose`, secret];
  },
  (random) => {
    const secret = some(random, 9);
    return [undefined, `{"token": "${secret}"}`, secret];
  },
];

describe("whatever is planted", () => {
  const harmless = ["eu-west-1", "True", "/data", "a b", "90", "x: y", "ami-0123456789abcdef0", "f2.6xlarge", "ubuntu"];

  const survivors = (secrets: readonly string[], { text, takenOut }: Scrubbed) =>
    secrets.filter((secret) => text.includes(secret) || takenOut.join().includes(secret));

  test("no secret comes through an INI file, in values, long values, names, and comments", () => {
    const random = seededRandom(56);
    const through: string[] = [];
    for (let round = 0; round < 1_000; round++) {
      const secrets: string[] = [];
      const lines = Array.from({ length: 1 + random.below(4) }, (_, n) => {
        const own = Array.from({ length: random.below(6) }, (_, k) => {
          if (random.chance(0.5)) return `key${k} = ${random.pick(harmless)}`;
          const [key = `key${k}`, text, secret] = random.pick(plants)(random);
          secrets.push(secret);
          return random.pick([
            () => `${key}${k} = ${text}`,
            () => `${key}${k}:\n    ${random.pick(harmless)}\n    ${text}\n    ${random.pick(harmless)}`,
            () => `; ${key} = ${text}`,
          ])();
        });
        return [`[${random.pick(["host", "process", "storage"])}.${n}]`, ...own].join("\n");
      });
      through.push(...survivors(secrets, ini(`${lines.join("\n")}\n`)));
    }
    expect(through).toEqual([]);
  });

  test("no secret comes through a YAML file, at any depth, in lists and comments", () => {
    const random = seededRandom(57);
    const through: string[] = [];
    for (let round = 0; round < 1_000; round++) {
      const secrets: string[] = [];
      const scalar = (text: string) => JSON.stringify(text);
      const map = (depth: number): string => {
        const pairs = Array.from({ length: 1 + random.below(4) }, (_, k) => {
          if (depth < 3 && random.chance(0.3)) return `k${k}: ${map(depth + 1)}`;
          if (random.chance(0.5)) return `k${k}: ${scalar(random.pick(harmless))}`;
          const [key, text, secret] = random.pick(plants)(random);
          secrets.push(secret);
          const name = scalar(`${key ?? `k${k}`}${key === undefined ? "" : k}`);
          return random.pick([
            () => `${name}: ${scalar(text)}`,
            () => `${name}: [a, [b, ${scalar(text)}], ${map(depth + 1)}]`,
            () => `k${k}: {${name}: ${scalar(text)}}`,
          ])();
        });
        return `{${pairs.join(", ")}}`;
      };
      const [, text, secret] = random.pick(plants)(random);
      secrets.push(secret);
      through.push(...survivors(secrets, yaml(`# ${text}\na: ${map(0)} # ${text}\n`)));
    }
    expect(through).toEqual([]);
  });

  test("what is harmless comes through", () => {
    const text = `a:\n${harmless.map((value, n) => `  k${n}: ${JSON.stringify(value)}`).join("\n")}\n`;
    expect(parse(yaml(text).text)).toEqual(parse(text));
    expect(yaml(text).takenOut).toEqual([]);
  });
});
