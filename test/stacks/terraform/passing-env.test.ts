import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { lostText, passingEnv } from "../../../stacks/terraform/passing-env.js";
import { Terraform } from "../../../stacks/terraform/run.js";
import { type FakeTerraform, fakeTerraform } from "../../support/fake-terraform.js";
import { runInProcess } from "../../support/run-cli.js";

let dir: string;
let fake: FakeTerraform;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "passing-"));
  fake = await fakeTerraform(join(dir, "bin"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

test.each([
  ["TF_WORKSPACE", "dev"],
  ["TF_DATA_DIR", "/elsewhere"],
  ["TF_CLI_ARGS", "-no-color"],
  ["TF_CLI_ARGS_init", "-backend=false"],
  ["TF_CLI_ARGS_plan", "-destroy"],
  ["TF_CLI_ARGS_apply", "-state=other.tfstate"],
  ["TF_REATTACH_PROVIDERS", "{}"],
  ["TF_ENCRYPTION", "{}"],
  ["TF_AWS_DEFAULT_TAGS_project", "apollo"],
  ["TF_AWS_IGNORE_TAGS_KEYS", "Project"],
  ["TF_STATE_PERSIST_INTERVAL", "86400"],
  ["TF_SOMETHING_NEW", "1"],
])("S-01: %s does not pass, and is named", (name, value) => {
  expect(passingEnv({ PATH: "/bin", [name]: value })).toEqual({ env: { PATH: "/bin" }, lost: [name] });
});

test.each([
  ["TF_WORKSPACE", ""],
  ["TF_WORKSPACE", "default"],
  ["TF_DATA_DIR", ""],
  ["TF_VAR_region", "eu-west-1"],
  ["TF_CLOUD_ORGANIZATION", "acme"],
  ["TF_HTTP_ADDRESS", "https://state.example.com"],
  ["TF_INPUT", "1"],
  ["TF_IN_AUTOMATION", "true"],
  ["TF_ACC", "1"],
])("S-01: %s=%s does not pass, and is not named: it would have had no effect", (name, value) => {
  expect(passingEnv({ PATH: "/bin", [name]: value })).toEqual({ env: { PATH: "/bin" }, lost: [] });
});

test.each([
  "TF_CLI_CONFIG_FILE",
  "TF_PLUGIN_CACHE_DIR",
  "TF_TOKEN_registry_example_com",
  "TF_REGISTRY_CLIENT_TIMEOUT",
  "TF_LOG",
  "TF_LOG_PATH",
  "AWS_PROFILE",
  "HTTPS_PROXY",
  "TFENV_TERRAFORM_VERSION",
])("%s passes", (name) => {
  expect(passingEnv({ [name]: "x" })).toEqual({ env: { [name]: "x" }, lost: [] });
});

test("S-01: the note names the variables, and not what is in them", () => {
  const { lost } = passingEnv({ TF_WORKSPACE: "dev", TF_ENCRYPTION: "hunter2", TF_CLI_ARGS_apply: "-refresh=false" });
  expect(lostText(lost)).toBe(
    "Terraform runs without your TF_CLI_ARGS_apply, TF_ENCRYPTION, TF_WORKSPACE: sallyport.yaml alone decides what it does",
  );
});

test("S-01: no command of Terraform's gets them: each has the kit's own data directory", async () => {
  const notes: string[] = [];
  // What the command was started with is no way round: these are variables of the process, too.
  for (const name of ["TF_WORKSPACE", "TF_CLI_ARGS", "TF_CLI_ARGS_version"]) vi.stubEnv(name, "-of-the-process");
  const env = {
    HOME: join(dir, "home"),
    PATH: fake.path,
    TF_WORKSPACE: "dev",
    TF_DATA_DIR: "/elsewhere",
    TF_CLI_ARGS: "-lock=false",
    TF_CLI_ARGS_version: "-help",
    TF_CLI_ARGS_apply: "-refresh=false",
    TF_VAR_name: "x",
    TF_INPUT: "1",
    TF_LOG: "info",
  };
  const terraform = await Terraform.find({ dir, env, onNote: (text) => notes.push(text) });
  await terraform.init();
  await terraform.plan();
  await terraform.show();
  await terraform.apply();
  await terraform.import("aws_instance.Host", "i-1");
  const [version, ...calls] = await fake.allCalls();
  expect([version, ...calls].map((call) => call?.args[0])).toEqual([
    "version",
    "init",
    "plan",
    "show",
    "apply",
    "import",
  ]);
  const ofTerraform = (call: (typeof calls)[number] | undefined) =>
    Object.fromEntries(Object.entries(call?.env ?? {}).filter(([name]) => name.startsWith("TF_")));
  expect(ofTerraform(version)).toEqual({ TF_LOG: "info" });
  for (const call of calls) {
    const { TF_CLI_CONFIG_FILE, ...own } = ofTerraform(call);
    expect(own).toEqual({ TF_DATA_DIR: ".sallyport", TF_IN_AUTOMATION: "1", TF_INPUT: "0", TF_LOG: "info" });
    expect(TF_CLI_CONFIG_FILE).toContain(dir);
  }
  expect(notes).toEqual([
    lostText(["TF_CLI_ARGS", "TF_CLI_ARGS_apply", "TF_CLI_ARGS_version", "TF_DATA_DIR", "TF_WORKSPACE"]),
  ]);
});

test("S-01: the command says so, and works in the state of the project", async () => {
  await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), '{"version":4}');
  const env = { HOME: join(dir, "home"), PATH: fake.path, TF_WORKSPACE: "dev" };
  const { code, stdout, stderr } = await runInProcess(["down", "--yes"], { cwd: dir, env });
  expect([code, stdout]).toEqual([0, "nothing is deployed from here\n"]);
  expect(stderr).toContain(`${lostText(["TF_WORKSPACE"])}\n`);
});

test("S-01: no stack declares a variable, so that TF_VAR_… cannot be missed", async () => {
  const snapshots = join(import.meta.dirname, "../__snapshots__");
  for (const file of await readdir(snapshots)) {
    if (file.startsWith("boot-")) continue;
    expect(await readFile(join(snapshots, file), "utf8"), file).not.toMatch(/^ {2}"variable":/m);
  }
});
