import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { cliConfig, terraformEnv } from "../../../stacks/terraform/cli-config.js";
import { Terraform } from "../../../stacks/terraform/run.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "terraform-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const fault = async (work: Promise<unknown>): Promise<string[]> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Fault)) throw new Error("no fault", { cause: error });
  return [`exit ${error.exit}`, error.message.replaceAll(dir, "DIR"), error.hint ?? ""];
};

/** A program that answers as one does that cannot be installed here. */
async function program(name: string, script: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
const find = (env: NodeJS.ProcessEnv) => Terraform.find({ dir, env: { HOME: join(dir, "home"), ...env } });

describe("finding Terraform", () => {
  test("a missing one is one line, and how to get it", async () => {
    expect(await fault(find({ TERRAFORM_BINARY_NAME: "no-such-terraform", PATH: dir }))).toMatchInlineSnapshot(`
      [
        "exit 1",
        "there is no Terraform: "no-such-terraform" not found on PATH",
        "install Terraform >= 1.11 (https://developer.hashicorp.com/terraform/install) or OpenTofu >= 1.11, or name one in TERRAFORM_BINARY_NAME",
      ]
    `);
    expect((await fault(find({ TERRAFORM_BINARY_NAME: join(dir, "none") })))[1]).toContain("there is no Terraform");
  });

  test.each(["1.10.5", "0.15.0", "unheard-of"])("version %s cannot keep a secret out of the state", async (version) => {
    const old = await program(`terraform-${version}`, `echo '{"terraform_version": "${version}"}'`);
    const said = await fault(find({ TERRAFORM_BINARY_NAME: old }));
    expect(said[1]).toMatch(/^"DIR\/terraform-.*" is version ".*"; 1\.11 or newer is needed$/);
  });

  test.each(["1.11.0", "1.12.3-dev", "2.0.0"])("version %s will do", async (version) => {
    const binary = await program(`terraform-${version}`, `echo '{"terraform_version": "${version}"}'`);
    expect((await find({ TERRAFORM_BINARY_NAME: binary })).version).toBe(version);
  });

  test.each([
    ["TF_LOG", "DEBUG"],
    ["TF_LOG", "TRACE"],
    ["TF_LOG", "JSON"],
    ["TF_LOG", "debug"],
    ["TF_LOG", "1"],
    ["TF_LOG_PROVIDER", "TRACE"],
  ])("%s=%s is refused, since private keys would be printed", async (variable, value) => {
    expect(await fault(find({ [variable]: value }))).toEqual([
      "exit 2",
      `${variable}="${value}" would print private keys`,
      `at that level Terraform logs write-only values; unset ${variable}, or set it to INFO`,
    ]);
  });
});

describe("running it", () => {
  const versioned = (rest: string) =>
    `[ "$1" = version ] && { echo '{"terraform_version": "1.11.4"}'; exit; }\n${rest}`;

  test("a failing step is told in Terraform's own summary", async () => {
    const diagnostic = {
      type: "diagnostic",
      diagnostic: { severity: "error", summary: "no valid credential sources", detail: "set AWS_PROFILE" },
    };
    const binary = await program("failing", versioned(`echo '${JSON.stringify(diagnostic)}'; exit 1`));
    const terraform = await find({ TERRAFORM_BINARY_NAME: binary });
    expect(await fault(terraform.plan())).toEqual([
      "exit 1",
      "terraform plan failed: no valid credential sources",
      "set AWS_PROFILE",
    ]);
  });

  test("an interruption reaches it once and gently, and is waited for", async () => {
    const binary = await program(
      "patient",
      versioned(
        `trap 'echo stopped >>"${dir}/signals"; exit 1' INT\necho '{"type":"apply_start","hook":{"action":"create","resource":{"addr":"x.y_12345678"}}}'\nwhile :; do sleep 0.05; done`,
      ),
    );
    const interruption = new AbortController();
    const terraform = await Terraform.find({
      dir,
      env: { HOME: join(dir, "home"), PATH: process.env.PATH, TERRAFORM_BINARY_NAME: binary },
      signal: interruption.signal,
      onStep: () => interruption.abort(),
    });
    expect((await fault(terraform.apply())).slice(0, 2)).toEqual([
      "exit 130",
      "terraform apply was interrupted; the state has all that AWS had answered by then",
    ]);
    expect(await readFile(join(dir, "signals"), "utf8")).toBe("stopped\n");
  });
});

describe("where the provider comes from", () => {
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const file = async (path: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
    return path;
  };
  const ask = (home: string, more: NodeJS.ProcessEnv = {}, roots: string[] = []) =>
    terraformEnv({ env: { HOME: home, ...more }, roots });
  const configOf = async (env: Record<string, string>) => readFile(env.TF_CLI_CONFIG_FILE ?? "", "utf8");

  test("a plugin that lies on the machine is used, and the registry is not asked", async () => {
    const root = join(dir, "usr-share");
    await mkdir(join(root, "plugins/registry.terraform.io/hashicorp/aws/5.100.0", platform), { recursive: true });
    expect(await configOf(await ask(join(dir, "h1"), {}, [root]))).toBe(
      cliConfig("registry.terraform.io/hashicorp/aws", join(root, "plugins"), ""),
    );
    expect(cliConfig("registry.terraform.io/hashicorp/aws", "/m", "")).toMatchInlineSnapshot(`
      "provider_installation {
        filesystem_mirror {
          path    = "/m"
          include = ["registry.terraform.io/hashicorp/aws"]
        }
        direct {
          exclude = ["registry.terraform.io/hashicorp/aws"]
        }
      }
      "
    `);
  });

  test("a packed plugin counts, one of another version or platform does not", async () => {
    const home = join(dir, "h2");
    const provider = join(home, ".terraform.d/plugins/registry.terraform.io/hashicorp/aws");
    await mkdir(join(provider, "6.0.0", platform), { recursive: true });
    await mkdir(join(provider, "5.100.0/plan9_amd64"), { recursive: true });
    const cache = `plugin_cache_dir = ${JSON.stringify(join(home, ".cache/sallyport/plugins"))}\n`;
    expect(await configOf(await ask(home))).toBe(cache);
    await file(join(provider, `terraform-provider-aws_5.100.0_${platform}.zip`));
    expect(await configOf(await ask(home))).toContain(
      `path    = ${JSON.stringify(join(home, ".terraform.d/plugins"))}`,
    );
  });

  test("what the user has set is left alone", async () => {
    const home = join(dir, "h3");
    const own = await file(join(home, ".terraformrc"));
    expect(await ask(home)).not.toHaveProperty("TF_CLI_CONFIG_FILE");
    expect(await ask(join(dir, "h4"), { TF_CLI_CONFIG_FILE: own })).not.toHaveProperty("TF_CLI_CONFIG_FILE");
  });

  test("a configuration file that is named but not there is replaced", async () => {
    const env = await ask(join(dir, "h5"), { TF_CLI_CONFIG_FILE: join(dir, "gone.tfrc") });
    expect(env.TF_CLI_CONFIG_FILE).toBe(join(dir, "h5/.cache/sallyport/terraform.rc"));
  });

  test("OpenTofu's registry is another", async () => {
    const home = join(dir, "h6");
    await mkdir(join(home, ".terraform.d/m/registry.opentofu.org/hashicorp/aws/5.100.0", platform), {
      recursive: true,
    });
    const env = await terraformEnv({ env: { HOME: home }, registry: "registry.opentofu.org", roots: [] });
    expect(await configOf(env)).toContain('include = ["registry.opentofu.org/hashicorp/aws"]');
    expect(env.TF_CLI_CONFIG_FILE).toBe(join(home, ".cache/sallyport/opentofu.rc"));
  });
});
