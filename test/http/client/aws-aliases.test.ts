import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../../base/process/run.js";
import { applyAwsAliases } from "../../../http/client/aws-aliases.js";
import { test as temporary } from "../../fixtures/temporary.js";
import { nodeCommand } from "../../support/compiled.js";

const applied = (env: NodeJS.ProcessEnv) => {
  applyAwsAliases(env);
  return env;
};

test.each([
  ["AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"],
  ["AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"],
  ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"],
])("S-12: %s is taken as %s, which wins, unless it is empty", (alias, name) => {
  expect(applied({ [alias]: "a" })).toEqual({ [alias]: "a", [name]: "a" });
  expect(applied({ [alias]: "a", [name]: "" })).toEqual({ [alias]: "a", [name]: "a" });
  expect(applied({ [alias]: "a", [name]: "b" })).toEqual({ [alias]: "a", [name]: "b" });
  expect(applied({ [alias]: "" })).toEqual({ [alias]: "" });
});

temporary("S-12: the command works with the profile that Terraform would use", async ({ dir }) => {
  await writeFile(join(dir, "config"), "[default]\nregion = eu-west-1\n[profile lab]\nregion = eu-west-2\n");
  const [program = "", ...args] = nodeCommand("cli/main.ts", ["config", "show", "--origin"]);
  const env = { HOME: dir, AWS_CONFIG_FILE: join(dir, "config"), AWS_DEFAULT_PROFILE: "lab", PATH: process.env.PATH };
  const { stdout } = await run(program, args, { cwd: dir, env, inheritEnv: false });
  expect(stdout).toMatch(/region: eu-west-2 .*profile lab in/);
});
