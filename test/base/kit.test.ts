import { expect, test } from "vitest";
import { Disposables } from "../../base/disposables.js";
import { VERSION } from "../../base/version.js";
import packageJson from "../../package.json" with { type: "json" };

test("what was opened is closed in reverse order, failures or not, and the first failure is thrown", async () => {
  const disposables = new Disposables();
  const closed: string[] = [];
  disposables.defer(() => closed.push("first"));
  disposables.defer(async () => {
    closed.push("second");
    throw new Error("second");
  });
  disposables.defer(() => {
    closed.push("third");
    throw new Error("third");
  });
  await expect(disposables.dispose()).rejects.toThrow("third");
  expect(closed).toEqual(["third", "second", "first"]);
  await disposables.dispose();
  expect(closed).toHaveLength(3);
});

test("the version is the package's", () => {
  expect(VERSION).toBe(packageJson.version);
});
