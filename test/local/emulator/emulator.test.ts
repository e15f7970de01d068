import { spawn } from "node:child_process";
import { once } from "node:events";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import type { Fault } from "../../../base/fault.js";
import { findEmulator, startEmulator } from "../../../local/emulator/emulator.js";
import { awsClient, test } from "../../fixtures/emulator.js";
import { importable } from "../../support/compiled.js";

const refused = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

test("answers as EC2 with its own dummy credentials, and is gone after stop", async ({ dir, skip }) => {
  if (findEmulator() === undefined) return skip("moto_server is not installed");
  const emulator = await startEmulator({ dir });
  const client = new EC2Client(awsClient(emulator.url));
  const vpcs = await client.send(new DescribeVpcsCommand({}));
  expect(vpcs.Vpcs?.map((vpc) => vpc.IsDefault)).toEqual([true]);
  client.destroy();
  await emulator.stop();
  expect(await refused(emulator.url)).toBe(true);
});

test("is gone when the process that started it is killed", async ({ dir, skip }) => {
  if (findEmulator() === undefined) return skip("moto_server is not installed");
  const program = `
    import { startEmulator } from ${importable("local/emulator/emulator.ts")};
    const emulator = await startEmulator({ dir: ${JSON.stringify(dir)} });
    console.log(emulator.url);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = line.toString().trim();
  expect(await refused(url)).toBe(false);
  child.kill("SIGKILL");
  await until(() => refused(url));
});

test("says how to install the emulator where there is none", async ({ dir, skip }) => {
  const path = process.env.PATH;
  try {
    process.env.PATH = dir;
    if (findEmulator() !== undefined) return skip("moto_server lies in this checkout or in a system directory");
    const fault = await startEmulator({ dir }).catch((error: Fault) => `${error.message}\n${error.hint}`);
    expect(fault).toMatchInlineSnapshot(`
      "there is no program "moto_server" on PATH
      pip install "moto[server]==5.2.1"; in a clone, "node scripts/setup.mjs" does it"
    `);
  } finally {
    process.env.PATH = path;
  }
});
