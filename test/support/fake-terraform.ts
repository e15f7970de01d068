/** A program that stands for Terraform and writes down what it gets. It plans what it is told, and changes nothing. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

interface TerraformCall {
  readonly args: readonly string[];
  /** The state file that the stack in its working directory names. */
  readonly state?: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface FakeTerraform {
  /** A PATH that leads to it. */
  readonly path: string;
  /** The calls since the last time, without those for its version. */
  calls(): Promise<TerraformCall[]>;
  /** As {@link calls}, with those for its version. */
  allCalls(): Promise<TerraformCall[]>;
}

interface FakePlan {
  readonly action: string;
  readonly resource: { readonly addr: string; readonly resource_type: string };
}

/** @param dir of its own; made if missing. @param planned the changes of every plan */
export async function fakeTerraform(dir: string, planned: readonly FakePlan[] = []): Promise<FakeTerraform> {
  await mkdir(dir, { recursive: true });
  const log = join(dir, "calls");
  const binary = join(dir, "terraform");
  const script = `#!${process.execPath}
const [command, ...args] = process.argv.slice(2);
const fs = require("node:fs");
const stack = fs.existsSync("cdk.tf.json") ? JSON.parse(fs.readFileSync("cdk.tf.json", "utf8")) : {};
const call = { args: [command, ...args], state: stack.terraform?.backend.local.path, env: process.env };
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify(call) + "\\n");
const events = ${JSON.stringify(planned.map((change) => ({ type: "planned_change", change })))};
if (command === "plan") for (const event of events) console.log(JSON.stringify(event));
if (command === "apply") {
  for (const { change: hook } of events) console.log(JSON.stringify({ type: "apply_complete", hook }));
}
console.log(JSON.stringify(command === "version" ? { terraform_version: "1.11.4" } : { output_changes: {} }));
`;
  await writeFile(binary, script);
  await chmod(binary, 0o755);
  let read = 0;
  const allCalls = async () => {
    const lines = (await readFile(log, "utf8").catch(() => "")).split("\n").filter(Boolean);
    const fresh = lines.slice(read);
    read = lines.length;
    return fresh.map((line) => JSON.parse(line) as TerraformCall);
  };
  return {
    path: [dir, process.env.PATH].join(delimiter),
    allCalls,
    calls: async () => (await allCalls()).filter(({ args }) => args[0] !== "version"),
  };
}
