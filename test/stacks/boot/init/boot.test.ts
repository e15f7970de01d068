import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../../config/load.js";
import { prepareInit } from "../../../../stacks/boot/init/prepare-init.js";
import { type BootScriptOptions, bootScript } from "../../../../stacks/boot/render-host.js";
import { faultText } from "../../../support/fault-text.js";
import { only, synth, synthText, userData } from "../../support/sample.js";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-init-"));
});
afterEach(() => rm(home, { recursive: true }));

async function prepared(yaml: string, files: Readonly<Record<string, string>> = {}) {
  for (const [name, text] of Object.entries({ "sallyport.yaml": yaml, ...files })) {
    await writeFile(join(home, name), text);
  }
  const steps: string[] = [];
  const init = await prepareInit(await loadConfig({ cwd: home, env: { HOME: home } }), (text) => steps.push(text));
  return { init, steps };
}

describe("init_config", () => {
  test("true is this configuration as far as it concerns a host: it loads there, and names no file of here", async () => {
    const { init, steps } = await prepared(
      "name: lab\ninit_config: true\nbuckets: [my-data]\ncaller: 203.0.113.7\nauthorized_host_dirs: [/data:ro]\ntags: { owner: me, token: hunter2 }\n",
    );
    expect(init?.config?.name).toBe("sallyport.yaml");
    expect(parse(init?.config?.text ?? "")).toEqual({
      name: "lab",
      region: "us-east-1",
      auth: "token",
      authorized_host_dirs: [{ path: "/data", mode: "ro", name: "data" }],
      serve_addresses: false,
      buckets: ["my-data"],
      tags: { owner: "me" },
      accelerators: {},
      autostop: false,
    });
    expect(steps).toEqual(["init_config goes without what looks like a secret: sallyport.yaml:6:1 tags.token"]);
    await writeFile(join(home, "sallyport.yaml"), init?.config?.text ?? "");
    await expect(loadConfig({ cwd: home, env: { HOME: home } })).resolves.toMatchObject({ config: { name: "lab" } });
  });

  test("an accelerator.conf keeps its form", async () => {
    const { init } = await prepared("init_config: host.conf\n", {
      "host.conf": "[security]\nauthorized_host_dirs = /x\n",
    });
    expect(init).toEqual({ config: { name: "accelerator.conf", text: "[security]\nauthorized_host_dirs = /x\n" } });
  });

  test.each([["init_config: false\n"], ["name: lab\n"]])("%j is none", async (yaml) => {
    expect(await prepared(yaml)).toEqual({ init: undefined, steps: [] });
  });

  test("what is no file, no text or no configuration is refused", async () => {
    expect(await faultText(prepared("init_config: none.conf\n"))).toContain("init_config: cannot read");
    expect(await faultText(prepared("init_config: x.json\n", { "x.json": "{}" }))).toContain("by its name");
    expect(await faultText(prepared("init_config: x.conf\n", { "x.conf": "a = 1\n" }))).toContain("x.conf:1");
    expect(await faultText(prepared("init_script: x.sh\n", { "x.sh": "#".repeat(300_000) }))).toContain("300000 bytes");
  });
});

const options: BootScriptOptions = {
  host: "accelerator-1",
  sshUser: "ubuntu",
  region: "eu-west-1",
  archive: { url: "https://bucket.s3.eu-west-1.amazonaws.com/runtime/x.tar.gz", sha256: "ab".repeat(32) },
};

describe("the boot script with them", () => {
  test("is the same without them, byte for byte", () => {
    const plain = bootScript(options);
    expect(bootScript({ ...options, init: {} })).toBe(plain);
    const both = bootScript({ ...options, init: { script: "true\n", config: { name: "accelerator.conf", text: "" } } });
    expect(both.startsWith(plain.slice(0, plain.indexOf('say "setting up')))).toBe(true);
    expect(both).toContain(plain.slice(plain.indexOf('say "setting up')));
    expect(spawnSync("/bin/bash", ["-n"], { input: both, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(["$HOME", "`id`", "$(touch /tmp/owned)", "'; id; '", "EOF\nid\nEOF", "\\", "!!", "ümläut"])(
    "%j in a file is not read by the shell that writes it",
    (text) => {
      const script = bootScript({ ...options, init: { script: text, config: { name: "sallyport.yaml", text } } });
      expect(script).toContain(`'${Buffer.from(text).toString("base64")}'`);
      expect(spawnSync("/bin/bash", ["-n"], { input: script }).status).toBe(0);
    },
  );

  test("A-58: EC2's limit counts, and the error says by how much", async () => {
    const room = 16_384 - Buffer.byteLength(bootScript({ ...options, init: { script: "" } }));
    const most = "x".repeat(Math.floor(room / 4) * 3);
    expect(Buffer.byteLength(bootScript({ ...options, init: { script: most } }))).toBeLessThanOrEqual(16_384);
    const over = `${most}${"x".repeat(300)}`;
    expect(await faultText(() => bootScript({ ...options, init: { script: over } }))).toMatch(
      /^init_script and init_config are (39\d|400) bytes too long for EC2's 16384 bytes of user data\n {2}let a short script fetch the rest/,
    );
  });

  test("T9: no secret of the file is in what Terraform is given", async () => {
    const { init, steps } = await prepared("init_config: accelerator.conf\n", {
      "accelerator.conf": "[accelize]\nclient_id = abcd1234efgh\nsecret_id = hunter2hunter2\n[process]\nlevel = 9\n",
    });
    const changes = init === undefined ? {} : { init };
    const [text, script] = [synthText(changes), userData(only(synth(changes), "aws_instance"))];
    const carried = Buffer.from("[accelize]\n\n[process]\nlevel = 9\n").toString("base64");
    expect(script).toContain(carried);
    for (const secret of ["abcd1234efgh", "hunter2hunter2"]) {
      for (const form of [secret, Buffer.from(secret).toString("base64").slice(0, -4)]) {
        expect(text).not.toContain(form);
        expect(script).not.toContain(form);
      }
    }
    expect(steps).toEqual([
      "init_config goes without what looks like a secret: accelerator.conf:2 [accelize] client_id, accelerator.conf:3 [accelize] secret_id",
    ]);
  });
});
