import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../base/tools.js";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

const workflow = parse(readFileSync(join(packageRoot, ".github/workflows/release.yml"), "utf8"));
const { publish } = workflow.jobs as Record<string, { permissions: unknown; steps: readonly Step[] }>;
const steps = publish?.steps ?? [];

test("a release may read the sources and prove who it is, and nothing else", () => {
  expect([workflow.permissions, publish?.permissions]).toEqual([{}, { contents: "read", "id-token": "write" }]);
  expect(JSON.stringify(workflow)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
});

test("actions are pinned by their commit", () => {
  const used = steps.flatMap(({ uses }) => uses ?? []);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
});

test("it publishes what was checked, and runs only scripts that there are", () => {
  const runs = steps.flatMap(({ run }) => run ?? []);
  const check = runs.findIndex((line) => line.startsWith("npm run release:check -- --tag"));
  expect(check).toBeGreaterThan(0);
  expect(runs.slice(check + 1)).toEqual(["npm publish --ignore-scripts"]);
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const named = runs.flatMap((line) => /^npm run ([\w:]+)/.exec(line)?.[1] ?? []);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});
