import { expect, test } from "vitest";
import { parseRequirements } from "../../../../mirror/login/check/requirements.js";

test("a requirements file: names, pins, continued lines, and what is not from an index", () => {
  const text = [
    "# comment",
    "-r more.txt",
    "--extra-index-url=https://me:secret@x/simple",
    "Foo_Bar[extra]==1.2 ; python_version > '3' # why",
    "baz>=1,<2 \\",
    "  --hash=sha256:abc",
    "zip === 3",
    "direct @ https://me:secret@x/d.whl",
    "./local",
    "-e git+https://x/y",
    "https://x/z.tar.gz",
  ].join("\n");
  const parsed = parseRequirements(text);
  expect(parsed.required).toEqual([
    { name: "foo-bar", version: "1.2", line: 4 },
    { name: "baz", line: 5 },
    { name: "zip", version: "3", line: 7 },
  ]);
  expect(parsed.files).toEqual(["more.txt"]);
  expect(parsed.indexes).toEqual(["https://x/simple"]);
  expect(parsed.elsewhere).toHaveLength(4);
  expect(JSON.stringify(parsed)).not.toContain("secret");
});
