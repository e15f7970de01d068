import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../base/tools.js";

test("K-04: the demo and all else needs Terraform alone: no part of the product starts cdktf-cli", () => {
  const sources = ["cli", "local", "stacks"].flatMap((room) =>
    readdirSync(join(packageRoot, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(room, name)),
  );
  expect(sources).toContain("local/emulator/deploy.ts");
  const naming = sources.filter((file) => readFileSync(join(packageRoot, file), "utf8").includes("cdktf-cli"));
  // It tells users of cdktf what to install.
  expect(naming).toEqual(["stacks/terraform/cdktf-json.ts"]);
});
