import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { importable } from "../support/compiled.js";
import { run } from "../support/run.js";

test("T-08: every file of the client loads in plain Node, whose CommonJS libraries have fewer named exports than here", async () => {
  const files = readdirSync(join(packageRoot, "client"), { recursive: true, encoding: "utf8" });
  const modules = files.filter((file) => file.endsWith(".ts")).map((file) => importable(join("client", file)));
  expect(modules.length).toBeGreaterThan(50);
  const script = modules.map((module) => `await import(${module});`).join("\n");
  expect(await run(process.execPath, ["--input-type=module", "--eval", script])).toMatchObject({
    exitCode: 0,
    stderr: "",
  });
});
