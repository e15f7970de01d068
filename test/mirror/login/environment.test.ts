import { expect, test } from "vitest";
import { shellLines, variablesFor } from "../../../mirror/login/environment.js";

test("shells take any value", () => {
  const value = { A: "it's \\ a $x" };
  expect([shellLines(value, "sh"), shellLines(value, "fish"), shellLines(value, "powershell")]).toEqual([
    ["export A='it'\\''s \\ a $x'"],
    ["set -gx A 'it\\'s \\\\ a $x'"],
    ["$env:A = 'it''s \\ a $x'"],
  ]);
});

test("P-101 env: no variable by which Yarn 2 or twine would send the token to another registry", () => {
  const endpoints = { pypi: "https://h.example/pypi/team/", npm: "https://h.example/npm/team/" };
  const variables = variablesFor({ token: "MIRROR", name: "team", endpoints }, { otherSource: false });
  expect(variables).toMatchObject({
    YARN_NPM_REGISTRY_SERVER: endpoints.npm,
    TWINE_REPOSITORY_URL: endpoints.pypi,
    TWINE_PASSWORD: "",
  });
  expect(Object.keys(variables).filter((name) => /^YARN_.*AUTH/.test(name))).toEqual([]);
});
