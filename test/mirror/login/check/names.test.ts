import { expect, test } from "vitest";
import { declaredPrivate, packageId } from "../../../../mirror/login/check/names.js";

test("P-05 names are normalised, patterns too", () => {
  expect(packageId("pypi", "Foo__Bar.baz")).toEqual({ format: "pypi", name: "foo-bar-baz" });
  expect(packageId("npm", "@acme/ui")).toEqual({ format: "npm", namespace: "acme", name: "ui" });
  expect(() => packageId("pypi", "../x")).toThrow();
  const ours = declaredPrivate("pypi", ["Acme_*", "core"]);
  expect(["acme-tools", "core", "core-x", "xacme-"].map(ours)).toEqual([true, true, false, false]);
});
