import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";

let projectDir: string;
beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), "outputs-"));
});
afterEach(() => rm(projectDir, { recursive: true, force: true }));

const state = (text: string) => writeFile(join(projectDir, "terraform.accelerator-hosts.tfstate"), text);
const host = (name: string) => ({ name, instance_id: "i-1", public_ip: "", private_ip: "10.0.0.1" });

test("hosts come in the order of their numbers", async () => {
  const names = ["accelerator-10", "accelerator-1", "accelerator-2"];
  const hosts = { value: Object.fromEntries(names.map((name) => [name, host(name)])) };
  await state(JSON.stringify({ version: 4, outputs: { hosts, security_group_id: { value: "sg-1" } } }));
  const outputs = await readOutputs({ projectDir });
  expect(outputs.hosts.map(({ name }) => name)).toEqual(["accelerator-1", "accelerator-2", "accelerator-10"]);
  expect(outputs).toMatchObject({ security_group_id: "sg-1", callers: [], certificate_fingerprint: "" });
});

test.each([
  ["no state at all", undefined],
  ["the empty file of a deploy that never began", ""],
  ["the state that a removal leaves", '{"version": 4, "outputs": {}, "resources": []}'],
])("%s: nothing is deployed (exit status 3)", async (_, text) => {
  if (text !== undefined) await state(text);
  await expect(readOutputs({ projectDir })).rejects.toMatchObject({
    message: `no hosts are deployed from ${JSON.stringify(projectDir)}`,
    hint: 'run "sallyport up" there first',
    exit: 3,
  });
});

test.each(["not json", "[]", '{"version": 3}', "null"])(
  "a file that is no state is not guessed at: %s",
  async (text) => {
    await state(text);
    await expect(readOutputs({ projectDir })).rejects.toThrow("is not a Terraform state of accelerator-hosts");
  },
);
