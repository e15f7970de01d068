import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { type Converted, convert } from "../../../config/apyfal/convert.js";
import { parseIni } from "../../../config/apyfal/ini.js";
import { inForce, lookUp, readSettings } from "../../../config/apyfal/settings.js";
import { loadConfig } from "../../../config/load.js";
import { faultText } from "../../support/fault-text.js";
import { type Random, seededRandom } from "../../support/random.js";

const converted = (text: string, hostType?: string): Converted =>
  convert(
    parseIni(text, "accelerator.conf"),
    defined({
      shownAs: "accelerator.conf",
      hostType,
    }),
  );

const host = (...lines: string[]) => converted(["[host]", ...lines, ""].join("\n"));
const list = ({ takenOut, noEquivalent, remarks }: Converted) =>
  Object.entries({ takenOut, noEquivalent, remarks }).flatMap(([name, findings]) =>
    findings.map(({ line, section, key, text }) => `${name} ${line} [${section}] ${key ?? ""}: ${text}`),
  );

const settings = (text: string) => readSettings(parseIni(text, "x"));
const values = (entries: ReadonlyMap<string, { readonly value: string }>) =>
  Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));

describe("A-54: inheritance", () => {
  const text = `
[storage]
a = storage
b = storage
c = storage
[storage.s3]
a = s3
b = s3
[storage.s3.mine]
a = mine
b =
c
`;
  test("a section falls back to the first part of its name, past the one in between", () => {
    const found = settings(text);
    const at = (section: string, key: string) => lookUp(found, section, key)?.value;
    expect(["a", "b", "c", "d"].map((key) => at("storage.s3", key))).toEqual(["s3", "s3", "storage", undefined]);
    expect(["a", "b", "c"].map((key) => at("storage.s3.mine", key))).toEqual(["mine", "storage", "storage"]);
    expect(at("storage.none", "a")).toBe("storage");
    expect(values(inForce(found, "storage.s3.mine"))).toEqual({ a: "mine", b: "storage", c: "storage" });
  });

  test("[host.AWS] wins over [host], and an empty value there does not hide the one here", () => {
    const { values } = converted(
      "[host]\nregion = eu-west-1\nstop_mode = stop\n[host.AWS]\nregion = us-east-1\nstop_mode =\n",
    );
    expect(values).toEqual({ region: "us-east-1", stop_mode: "stop" });
  });

  test("[DEFAULT] stands behind every section", () => {
    expect(converted("[DEFAULT]\nregion = eu-west-1\n[host]\n").values).toEqual({ region: "eu-west-1" });
    expect(converted("[DEFAULT]\nregion = eu-west-1\n[host]\nregion\n").values).toEqual({});
  });
});

describe("A-55: names of Apyfal's predecessor", () => {
  test("are read, and said to be old", () => {
    const result = converted(
      "[csp]\nprovider = AWS\nssh_key = mine\ninstance_ip = 203.0.113.7\ninstance_name_prefix = lab\nregion = eu-west-1\n",
    );
    expect(result.values).toEqual({
      key_pair: { name: "mine", private_key: "~/.ssh/mine.pem" },
      host_ip: "203.0.113.7",
      host_name_prefix: "lab",
      region: "eu-west-1",
    });
    expect(list(result).filter((line) => line.includes("old name"))).toEqual([
      "remarks 1 [csp] : an old name: Apyfal calls it [host]",
      "remarks 2 [csp] provider: an old name: Apyfal calls it host_type",
      "remarks 3 [csp] ssh_key: an old name: Apyfal calls it key_pair",
      "remarks 4 [csp] instance_ip: an old name: Apyfal calls it host_ip",
      "remarks 5 [csp] instance_name_prefix: an old name: Apyfal calls it host_name_prefix",
    ]);
  });

  test("give way to the new ones", () => {
    const text = "[host]\nregion = eu-west-1\nkey_pair = new\n[csp]\nregion = us-east-1\nssh_key = old\n";
    expect(converted(text).values).toMatchObject({ region: "eu-west-1", key_pair: { name: "new" } });
  });
});

describe("A-53: the keys of [host]", () => {
  test.each([
    [["region = eu-west-1"], { region: "eu-west-1" }],
    [["instance_type = f1.2xlarge"], { instance_type: "f1.2xlarge" }],
    [["use_private_ip = True"], { use_private_ip: true }],
    [["use_private_ip = False"], { use_private_ip: false }],
    [["instance_id = i-0123456789abcdef0"], { instance_id: "i-0123456789abcdef0" }],
    [["host_ip = http://203.0.113.7/"], { host_ip: "203.0.113.7" }],
    [["stop_mode = 0"], { stop_mode: "term" }],
    [["stop_mode = 1"], { stop_mode: "stop" }],
    [["stop_mode = 2"], { stop_mode: "keep" }],
    [["stop_mode = KEEP"], { stop_mode: "keep" }],
    [["stop_mode = 'stop'"], { stop_mode: "stop" }],
    [["spot_instance = True"], { spot: true }],
    [["spot_instance = False"], { spot: false }],
    [["host_name_prefix = me@lab"], { host_name_prefix: "me@lab" }],
    [["security_group = sg-0123456789abcdef0"], { security_group: "sg-0123456789abcdef0" }],
    [["role = AccelizeRole"], { role: "AccelizeRole" }],
    [
      ["policy = arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
      { policy: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" },
    ],
    [["init_script = setup.sh"], { init_script: "setup.sh" }],
    [["init_script = file:///etc/setup.sh"], { init_script: "/etc/setup.sh" }],
    [["init_config = True"], { init_config: true }],
    [["init_config = False"], { init_config: false }],
    [["init_config = host.conf"], { init_config: "host.conf" }],
  ])("%j becomes %j", (lines, expected) => {
    expect(host(...lines).values).toEqual(expected);
  });

  test("what has no equivalent is listed, with its line and what to do instead", () => {
    const result = host(
      "region = paris",
      "security_group = AccelizeSecurityGroup",
      "policy = AccelizePolicy",
      "init_script = s3://bucket/setup.sh",
      "stop_mode = later",
      "use_private_ip = maybe",
      "spot_block_duration = 60",
      "boto3_session_kwargs = {}",
      "instance_tpye = f1.2xlarge",
      "auth_url = https://example.com/v3",
    );
    expect(result.values).toEqual({});
    expect(list(result).join("\n")).toMatchInlineSnapshot(`
      "noEquivalent 2 [host] region: as region it must be the name of a region such as "eu-west-1"
      noEquivalent 3 [host] security_group: names are not looked up: write its id, which "aws ec2 describe-security-groups --filters Name=group-name,Values=AccelizeSecurityGroup" tells; without it, the hosts get a group of their own
      noEquivalent 4 [host] policy: names are not looked up: write its ARN, which "aws iam list-policies --scope Local" tells for AccelizePolicy
      noEquivalent 5 [host] init_script: a file at a URL is not read: fetch it, and name the file
      noEquivalent 6 [host] stop_mode: as stop_mode it must be "term", "stop" or "keep" (or 0, 1 or 2)
      noEquivalent 7 [host] use_private_ip: is neither True nor False
      noEquivalent 8 [host] spot_block_duration: AWS no longer offers spot instances for a fixed time
      noEquivalent 9 [host] boto3_session_kwargs: use AWS_PROFILE and the files of AWS
      noEquivalent 10 [host] instance_tpye: Apyfal has no such key; did you mean "instance_type"?
      noEquivalent 11 [host] auth_url: of OpenStack, and Sallyport's hosts are on AWS"
    `);
  });

  test("a host that is not on AWS is refused, with the line that says so", async () => {
    expect(await faultText(() => host("", "host_type = OVH"))).toMatchInlineSnapshot(`
      "accelerator.conf:3: the host type is "OVH", and Sallyport's hosts are on AWS
        for what the file says about AWS, add "--host-type AWS" (exit 2)"
    `);
    expect(await faultText(() => converted("[host]\n", "Alibaba"))).toMatchInlineSnapshot(`
      "--host-type: the host type is "Alibaba", and Sallyport's hosts are on AWS
        for what the file says about AWS, add "--host-type AWS" (exit 2)"
    `);
  });

  test("--host-type AWS takes AWS's part of such a file, and lists the rest", () => {
    const result = converted(
      "[host]\nhost_type = OVH\nregion = GRA3\n[host.AWS]\nregion = eu-west-1\n[host.OVH]\nproject_id = 1\n",
      "aws",
    );
    expect(result.values).toEqual({ region: "eu-west-1" });
    expect(list(result)).toContain(
      'noEquivalent 7 [host.OVH] project_id: only for hosts of "OVH", and Sallyport\'s are on AWS',
    );
  });
});

describe("A-20…A-30, T5: certificates", () => {
  const generic = { ssl_cert_crt: "~/.ssh/ApyfalCertificate.crt", ssl_cert_key: "~/.ssh/ApyfalCertificate.key" };
  test.each([
    [
      "A-21: a generated one is where Apyfal's clients look for it",
      ["ssl_cert_generate = True"],
      { ...generic, ssl_cert_generate: true },
    ],
    ["T5: ssl_cert_generate = False leaves TLS on", ["ssl_cert_generate = False"], {}],
    ["A-30: ssl_cert_crt = False turns it off", ["ssl_cert_crt = False"], { ssl_cert_crt: false }],
    [
      "A-30: and a certificate is not made for it",
      ["ssl_cert_crt = False", "ssl_cert_generate = True"],
      { ssl_cert_crt: false },
    ],
    [
      "A-23: a pair that is made where one says",
      ["ssl_cert_crt = a.crt", "ssl_cert_key = a.key", "ssl_cert_generate = True"],
      { ssl_cert_crt: "a.crt", ssl_cert_key: "a.key", ssl_cert_generate: true },
    ],
    [
      "a pair of one's own has to be there",
      ["ssl_cert_crt = a.crt", "ssl_cert_key = a.key"],
      { ssl_cert_crt: "a.crt", ssl_cert_key: "a.key", ssl_cert_generate: false },
    ],
    [
      "A-22: half a pair that is made is completed by the usual half",
      ["ssl_cert_crt = a.crt", "ssl_cert_generate = True"],
      { ...generic, ssl_cert_crt: "a.crt", ssl_cert_generate: true },
    ],
    ["A-24: half a pair that is not made is none", ["ssl_cert_key = a.key"], {}],
    ["A-27: one at a URL is to be fetched first", ["ssl_cert_crt = https://example.com/a.crt"], {}],
    [
      "nonsense is passed over",
      ["ssl_cert_crt = a.crt", "ssl_cert_key = a.key", "ssl_cert_generate = perhaps"],
      { ssl_cert_crt: "a.crt", ssl_cert_key: "a.key", ssl_cert_generate: false },
    ],
  ])("%s", (_, lines, expected) => {
    const result = host(...lines);
    expect(result.values).toEqual(expected);
    if (Object.keys(expected).length === 0) expect(list(result)).not.toEqual([]);
  });

  test("T5: what ssl_cert_generate = False does not do is said", () => {
    expect(list(host("ssl_cert_generate = False"))).toEqual([
      "remarks 2 [host] ssl_cert_generate: ssl_cert_generate = False does not turn TLS off: the hosts get a certificate; for plain HTTP write ssl_cert_crt: false",
    ]);
  });
});

describe("A-40, T6: authorized_host_dirs", () => {
  const dirs = (value: string) => converted(`[security]\nauthorized_host_dirs =${value}\n`);
  test.each([
    [" ~/shared", ["~/shared"]],
    [" ~/shared\n  /data\n", ["~/shared", "/data"]],
    ["\n  ~/shared\n  /data\n", ["~/shared", "/data"]],
    ["\n\n  /data/\n\n  /data/./\n", ["/data"]],
    ["\n  /a/data\n  /b/data\n", ["/a/data", { path: "/b/data", name: "data-2" }]],
    [" ~", [{ path: "~", name: "dir" }]],
  ])("%j", (value, expected) => {
    expect(dirs(value).values).toEqual({ authorized_host_dirs: expected });
  });

  test("an empty first line does not open the working directory, nor does anything relative", () => {
    expect(dirs("\n").values).toEqual({});
    const result = dirs("\n  .\n  work\n  /\n  /a b\n  /x/../y:z\n");
    expect(result.values).toEqual({});
    expect(list(result)).toHaveLength(3);
  });
});

describe("sections without an equivalent", () => {
  test("A-52: are listed key by key, with what to do", () => {
    const result = converted(
      "[accelize]\nclient_id = a\nsecret_id = b\n[configuration]\nparameters = p.json\n[process.gzip]\nlevel = 9\n[storage]\nunsecure = True\n[storage.s3.mine]\nclient_id = c\nregion = eu-west-1\n[hosts]\nx = 1\n[security]\nauthorised_host_dirs = /x\n",
    );
    expect(result.values).toEqual({});
    expect(list(result).join("\n")).toMatchInlineSnapshot(`
      "takenOut 2 [accelize] client_id: nothing is metered, so there is no account to name
      takenOut 3 [accelize] secret_id: nothing is metered, so there is no account to name
      takenOut 11 [storage.s3.mine] client_id: use AWS_PROFILE, aws sso login or the variables of AWS here; on the hosts, their role
      noEquivalent 5 [configuration] parameters: for the start: hand the same JSON, or @ and the file, to "sallyport process --parameters"
      noEquivalent 7 [process.gzip] level: for each run of "gzip": hand "level" in JSON to "sallyport process --parameters"
      noEquivalent 9 [storage] unsecure: hosts always reach S3 over TLS
      noEquivalent 12 [storage.s3.mine] region: the hosts' role opens S3: name the buckets in buckets:; other stores are up to your accelerator
      noEquivalent 14 [hosts] x: Apyfal has no section "[hosts]"; did you mean "[host]"?
      noEquivalent 16 [security] authorised_host_dirs: Apyfal has no such key; did you mean "authorized_host_dirs"?"
    `);
  });
});

// What the fixed texts of our own cannot contain by chance.
const plant = (random: Random) => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const some = (length: number, from = letters) =>
    Array.from({ length }, () => from[random.below(from.length)]).join("");
  return random.pick([
    () => ({ value: `AKIA${some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}` }),
    () => ({ key: random.pick(["client_id", "secret_id", "apiKey", "db_password", "token"]), value: some(12) }),
    () => ({ value: some(40, `${letters}+/`) }),
    () => ({ value: `https://user:${some(9)}@example.com/x` }),
    () => ({ value: `eyJ${some(12)}.${some(20)}.${some(20)}` }),
  ])();
};

describe("whatever the file says", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "sallyport-import-"));
  });
  afterAll(() => rm(home, { recursive: true }));

  const keys = [
    ...[
      "region",
      "instance_type",
      "use_private_ip",
      "ssl_cert_crt",
      "ssl_cert_key",
      "ssl_cert_generate",
      "init_config",
    ],
    ...["init_script", "instance_id", "host_ip", "stop_mode", "host_name_prefix", "key_pair", "security_group", "role"],
    ...["policy", "spot_instance", "ssh_key", "instance_ip", "authorized_host_dirs", "parameters", "nonsense"],
  ];
  const texts = [
    ...[
      "True",
      "False",
      "None",
      "1",
      "2",
      "term",
      "eu-west-1",
      "f2.6xlarge",
      "~/x.crt",
      "./a b",
      "s3://b/k",
      "203.0.113.7",
    ],
    ...[
      "i-0123456789abcdef0",
      "sg-0123456789abcdef0",
      "arn:aws:iam::123456789012:policy/x",
      "a: {b: [c]}",
      "'",
      '"',
      "#",
      "- x",
    ],
    ...[
      "/data\n  /srv/data\n  ~/shared",
      "\n  /a\n\n  /a",
      "!!js x",
      "&a *a",
      "no",
      "é\u0007",
      "\u2028",
      "~",
      "/",
      "true # x",
    ],
  ];

  test("the new file loads, and no planted credential is in it or in the list", async () => {
    const random = seededRandom(54);
    for (let round = 0; round < 150; round++) {
      const secrets: string[] = [];
      const lines: string[] = [];
      for (const section of ["host", "csp", "host.AWS", "security", "process", "storage.s3.x", "accelize"]) {
        if (random.chance(0.5)) continue;
        lines.push(`[${section}]`);
        for (const key of keys) if (random.chance(0.3)) lines.push(`${key} = ${random.pick(texts)}`);
        if (random.chance(0.5)) {
          const { key = random.pick(["region", "role", "init_script", "note"]), value } = {
            key: undefined,
            ...plant(random),
          };
          const at = lines.findIndex(
            (line, index) => index > lines.lastIndexOf(`[${section}]`) && line.startsWith(`${key} =`),
          );
          if (at >= 0) lines.splice(at, 1, ...[`${key} = ${value}`]);
          else lines.push(`${key} = ${value}`);
          secrets.push(value.replace("https://user:", "").replace("@example.com/x", ""));
        }
      }
      // What a failure would have to be looked for in.
      let result: Converted;
      try {
        result = converted(`${lines.join("\n")}\n`);
      } catch (error) {
        throw new Error(`${String(error)} in\n${lines.join("\n")}`);
      }
      await writeFile(join(home, "sallyport.yaml"), result.yaml);
      await loadConfig({ cwd: home, env: { HOME: home } }).catch((error: unknown) => {
        throw new Error(`${String(error)} in\n${result.yaml}`);
      });
      const everything = JSON.stringify(result);
      for (const secret of secrets) expect(everything).not.toContain(secret);
    }
  });
});
