/** `sallyport ssh-config` in two projects whose hosts have the same name. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ensureKeyPair } from "../../../certs/key-pair.js";
import { test } from "../../fixtures/temporary.js";
import { deployedState } from "../../support/deployed-state.js";
import { runInProcess } from "../../support/run-cli.js";

test("S-22: the second project's host has another name, and a warning says so", async ({ dir }) => {
  await ensureKeyPair({ name: "sallyport", type: "ed25519", dir: join(dir, ".ssh") });
  const install = async (name: string) => {
    const cwd = join(dir, name);
    await mkdir(cwd);
    await writeFile(join(cwd, "sallyport.yaml"), "auth: none\nssl_cert_crt: false\n");
    // Where no agent answers.
    const state = deployedState({ security_group_id: "sg-1", public_ips: ["127.0.0.1"] });
    await writeFile(join(cwd, "terraform.accelerator-hosts.tfstate"), state);
    const env = { HOME: dir, PATH: process.env.PATH };
    return runInProcess(["ssh-config", "--file", join(dir, "config")], { cwd, env });
  };
  const one = await install("one");
  expect([one.code, one.stdout, one.stderr.includes("already")], one.stderr).toEqual([0, "ssh accelerator-1\n", false]);
  const two = await install("two");
  expect([two.code, two.stdout], two.stderr).toEqual([0, "ssh accelerator-1.two\n"]);
  expect(two.stderr).toContain(
    `warning: ${join(dir, "one")} has a host "accelerator-1" already: this project's is "accelerator-1.two"\n`,
  );
});
