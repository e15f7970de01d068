/** Names and versions follow Python's rules. */
import { expect, test } from "vitest";
import { normalizeProject, normalizeVersion, parsePythonFile } from "../../../mirror/pypi/names.js";

test.each([
  ["Foo", "foo"],
  ["foo.bar", "foo-bar"],
  ["foo--_.bar", "foo-bar"],
  ["-foo", undefined],
  ["foo-", undefined],
  ["", undefined],
  ["..", undefined],
  ["föö", undefined],
  ["foo/bar", undefined],
])("P-05 the project %j is %j", (name, normal) => {
  expect(normalizeProject(name)).toBe(normal);
  if (normal !== undefined) expect(normalizeProject(normal)).toBe(normal);
});

test.each([
  ["1.0", "1.0"],
  ["v1.0", "1.0"],
  ["1.0-ALPHA.1", "1.0a1"],
  ["1.0c2", "1.0rc2"],
  ["1.0-1", "1.0.post1"],
  ["1.0.Rev4", "1.0.post4"],
  ["1.0dev", "1.0.dev0"],
  ["0!01.00", "1.0"],
  ["1!2.0+Ubuntu-1", "1!2.0+ubuntu.1"],
  ["latest", undefined],
  ["1.0/../..", undefined],
])("PEP 440: the version %j is %j", (version, normal) => {
  expect(normalizeVersion(version)).toBe(normal);
});

test.each([
  ["foo_bar-1.0-py3-none-any.whl", undefined, "foo-bar", "1.0"],
  ["foo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl", undefined, "foo", "1.0"],
  ["foo-bar-1.0.tar.gz", "foo-bar", "foo-bar", "1.0"],
  ["foo-2-1.0.zip", "foo-2", "foo-2", "1.0"],
  ["foo-1.0-1.tar.gz", "foo", "foo", "1.0.post1"],
])("the file %j of %j is %s %s", (file, project, name, version) => {
  expect(parsePythonFile(file, project)).toMatchObject({ project: name, version });
});

test.each(["foo-1.0.exe", "foo-1.0-py3.egg", "foo.whl", "../foo-1.0.tar.gz", ".foo-1.0.tar.gz", "foo-bar.tar.gz"])(
  "the file %j is none",
  (file) => {
    expect(parsePythonFile(file)).toBeUndefined();
  },
);
