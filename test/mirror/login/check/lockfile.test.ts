import { expect, test } from "vitest";
import { parseLock } from "../../../../mirror/login/check/lockfile.js";
import { faultText } from "../../../support/fault-text.js";

test("a lock file: nested, aliased, linked, bundled, from git; the old form too", async () => {
  const packages = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/@s/b": { version: "2.0.0" },
    "node_modules/alias": { name: "real", version: "3.0.0" },
    "node_modules/ws": { link: true },
    "node_modules/in": { version: "1.0.0", inBundle: true },
    "node_modules/g": { version: "1.0.0", resolved: "git+ssh://git@x/y.git#abc" },
  };
  const lock = parseLock(JSON.stringify({ packages }), "f");
  expect(lock.required.map(({ name, version }) => `${name} ${version}`)).toEqual([
    "a 1.0.0",
    "@s/b 2.0.0",
    "real 3.0.0",
  ]);
  expect(lock.elsewhere).toHaveLength(2);
  const old = { dependencies: { a: { version: "1.0.0", dependencies: { b: { version: "2.0.0" } } } } };
  expect(parseLock(JSON.stringify(old), "f").required.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await faultText(() => parseLock("{}", "f"))).toContain('"f" is no package-lock.json');
});
