import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runInProcess } from "../../support/run-cli.js";

let home: string;
let cwd: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-import-"));
  cwd = join(home, "project");
  await mkdir(cwd);
});
afterEach(() => rm(home, { recursive: true }));

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runInProcess(["import", ...args], { cwd, env: { HOME: home, NO_COLOR: "1", ...env } });
const write = (path: string, text: string | Uint8Array) => writeFile(join(home, path), text);
const regionOf = async () => /region: (.*)/.exec(await readFile(join(cwd, "sallyport.yaml"), "utf8"))?.[1];

const CONF = `; mine
[accelize]
client_id = accelize-account
secret_id = accelize-hunter2

[host]
host_type = AWS
client_id = AKIAIOSFODNN7EXAMPLE
secret_id = hunter2hunter2
region = eu-west-1
key_pair = lab
security_group = Lab
init_script = setup.sh

[security]
authorized_host_dirs =
    ~/shared
    /data
`;

describe("sallyport import", () => {
  test("writes sallyport.yaml, and lists what was taken out and what has no equivalent", async () => {
    await write("project/accelerator.conf", CONF);
    const { code, stdout, stderr } = await run([]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.replaceAll(cwd, "/project")).toMatchInlineSnapshot(`
      "wrote /project/sallyport.yaml
      taken out:
        accelerator.conf:3  [accelize] client_id: nothing is metered, so there is no account to name
        accelerator.conf:4  [accelize] secret_id: nothing is metered, so there is no account to name
        accelerator.conf:8  [host] client_id: use AWS_PROFILE, aws sso login or the variables of AWS here; on the hosts, their role
        accelerator.conf:9  [host] secret_id: use AWS_PROFILE, aws sso login or the variables of AWS here; on the hosts, their role
      no equivalent:
        accelerator.conf:12  [host] security_group: names are not looked up: write its id, which "aws ec2 describe-security-groups --filters Name=group-name,Values=Lab" tells; without it, the hosts get a group of their own
      worth knowing:
        accelerator.conf:7  [host] host_type: Sallyport's hosts are always on AWS, so that there is nothing to write
        accelerator.conf:11  [host] key_pair: a key pair that EC2 has in this region; to have one made here instead, write key_pair: lab
      "
    `);
    expect(await readFile(join(cwd, "sallyport.yaml"), "utf8")).toMatchInlineSnapshot(`
      "# What "accelerator.conf" says, by sallyport import.
      region: eu-west-1
      key_pair:
        name: lab
        private_key: ~/.ssh/lab.pem
      init_script: setup.sh
      authorized_host_dirs:
        - ~/shared
        - /data
      "
    `);
    expect((await stat(join(cwd, "sallyport.yaml"))).mode & 0o777).toBe(0o644);
  });

  test("never writes over a file", async () => {
    await write("project/accelerator.conf", CONF);
    await write("project/sallyport.yaml", "name: kept\n");
    expect(await run([])).toMatchObject({ code: 5, stdout: "" });
    expect(await readFile(join(cwd, "sallyport.yaml"), "utf8")).toBe("name: kept\n");
  });

  test("--output - prints it and writes nothing; the list goes to stderr", async () => {
    await write("project/accelerator.conf", "[host]\nregion = eu-west-1\nsecret_id = hunter2\n");
    const { code, stdout, stderr } = await run(["--output", "-"]);
    expect(code).toBe(0);
    expect(stdout).toBe('# What "accelerator.conf" says, by sallyport import.\nregion: eu-west-1\n');
    expect(stderr).toMatch(/^taken out:\n {2}accelerator\.conf:3 {2}\[host\] secret_id: use AWS_PROFILE/);
    await expect(stat(join(cwd, "sallyport.yaml"))).rejects.toThrow("ENOENT");
  });

  test("--json is one document, with the lists apart", async () => {
    await write("project/accelerator.conf", CONF);
    const { code, stdout } = await run(["--json"]);
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ path: join(cwd, "sallyport.yaml"), from: "accelerator.conf" });
    expect(answer.taken_out.map(({ line }: { line: number }) => line)).toEqual([3, 4, 8, 9]);
    expect(answer.no_equivalent).toMatchObject([{ line: 12, section: "host", key: "security_group" }]);
    expect(stdout).not.toMatch(/hunter2|AKIA|accelize-account/);
  });

  test("paths stay what they were, wherever the new file lies", async () => {
    await mkdir(join(cwd, "cloud"));
    await write("project/accelerator.conf", "[host]\ninit_script = setup.sh\ninit_config = ~/host.conf\n");
    expect(await run(["--output", "cloud/sallyport.yaml"])).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, "cloud/sallyport.yaml"), "utf8")).toContain(
      "init_script: ../setup.sh\ninit_config: ~/host.conf\n",
    );
  });

  test("another cloud is refused, and --host-type AWS takes what is there for AWS", async () => {
    await write("project/accelerator.conf", "[host]\nhost_type = OVH\n[host.AWS]\nregion = eu-west-1\n");
    expect(await run([])).toMatchObject({ code: 2, stdout: "" });
    expect(await run(["--host-type", "AWS"])).toMatchObject({ code: 0 });
    expect(await regionOf()).toBe("eu-west-1");
  });
});

describe("A-50: which file is read", () => {
  const conf = (region: string) => `[host]\nregion = ${region}\n`;
  const all = async () => {
    await write("given.conf", conf("eu-west-1"));
    await write("named.conf", conf("eu-west-2"));
    await write("project/accelerator.conf", conf("eu-west-3"));
    await write("accelerator.conf", conf("eu-north-1"));
  };

  test("the one given", async () => {
    await all();
    await run(["../given.conf"], { APYFAL_CONFIG_FILE: join(home, "named.conf") });
    expect(await regionOf()).toBe("eu-west-1");
  });

  test("else the one that APYFAL_CONFIG_FILE names", async () => {
    await all();
    await run([], { APYFAL_CONFIG_FILE: join(home, "named.conf") });
    expect(await regionOf()).toBe("eu-west-2");
  });

  test("else the one here", async () => {
    await all();
    await run([]);
    expect(await regionOf()).toBe("eu-west-3");
  });

  test("else the one at home", async () => {
    await write("accelerator.conf", conf("eu-north-1"));
    await run([]);
    expect(await regionOf()).toBe("eu-north-1");
  });

  test("one that is named and not there is an error, not a reason to take another", async () => {
    await all();
    expect(await run([], { APYFAL_CONFIG_FILE: "none.conf" })).toEqual({
      code: 3,
      stdout: "",
      stderr: 'error: there is no file "none.conf" (APYFAL_CONFIG_FILE)\n  name an accelerator.conf that exists\n',
    });
    expect(await run(["none.conf"])).toMatchObject({ code: 3 });
  });

  test("none at all is said, with where it was looked for", async () => {
    expect(await run([])).toEqual({
      code: 3,
      stdout: "",
      stderr:
        'error: there is no accelerator.conf: "accelerator.conf" and "~/accelerator.conf" not found\n  name it: "sallyport import path/to/accelerator.conf"\n',
    });
  });

  test("what is no text, far too large or not to be read is refused", async () => {
    await write("latin1.conf", Buffer.from([0x5b, 0x68, 0x5d, 0x0a, 0xe9]));
    expect((await run(["../latin1.conf"])).stderr).toContain("is not UTF-8 text");
    await write("large.conf", "x".repeat(2 ** 20 + 1));
    expect((await run(["../large.conf"])).stderr).toContain("1048577 bytes");
    expect((await run([".."])).stderr).toContain("EISDIR");
    await write("closed.conf", "[host]\n");
    await chmod(join(home, "closed.conf"), 0o000);
    // Root may read it all the same.
    if (process.getuid?.() !== 0) expect((await run(["../closed.conf"])).stderr).toContain("EACCES");
  });
});
