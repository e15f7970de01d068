import { expect, test } from "vitest";
import { parseRequirements } from "../../../../mirror/login/check/requirements.js";
import { faultText } from "../../../support/fault-text.js";

const parse = (text: string) => parseRequirements(text, "requirements.txt");

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
  const parsed = parseRequirements(text, "requirements.txt");
  expect(parsed.required).toEqual([
    { name: "foo-bar", version: "1.2", line: 4 },
    { name: "baz", line: 5 },
    { name: "zip", version: "3", line: 7 },
    { name: "direct", url: "https://x/d.whl", line: 8 },
  ]);
  expect(parsed.files).toEqual(["more.txt"]);
  expect(parsed.indexes).toEqual(["https://x/simple"]);
  expect(parsed.elsewhere.map((each) => each.text)).toEqual(["./local"]);
  expect(parsed.remote.map((each) => each.text)).toEqual(["git+https://x/y", "https://x/z.tar.gz"]);
  expect(JSON.stringify(parsed)).not.toContain("secret");
});

test.each([
  ["--extra-index-url https://x/simple", ["https://x/simple"]],
  ["--extra https://x/simple", ["https://x/simple"]],
  ["-ihttps://x/simple", ["https://x/simple"]],
  ["--pre -i https://a/ --extra-index-url='https://b/'", ["https://a/", "https://b/"]],
  ["--extra-index-url \\\n  \x24{INDEX}", ["\x24{INDEX}"]],
])("P-102 the indexes of %j are found", (text, indexes) => {
  expect(parse(text).indexes).toEqual(indexes);
});

test.each([
  ["foo @ git+https://x/y@v1", { required: [{ name: "foo", url: "git+https://x/y@v1", line: 1 }] }],
  ["foo[a]@https://x/f.whl ; python_version > '3'", { required: [{ name: "foo", url: "https://x/f.whl", line: 1 }] }],
  ["-e git@host:a/b.git", { remote: [{ text: "git@host:a/b.git", line: 1 }] }],
  ["-f https://x/wheels", { remote: [{ text: "https://x/wheels", line: 1 }] }],
  ["./my wheels/f.whl", { elsewhere: [{ text: "./my wheels/f.whl", line: 1 }] }],
  ["libs/f ; python_version > '3'", { elsewhere: [{ text: "libs/f ; python_version > '3'", line: 1 }] }],
  ["-f ./wheels", { elsewhere: [{ text: "./wheels", line: 1 }] }],
  ["foo @ file:///d/f.whl", { elsewhere: [{ text: "foo @ file:///d/f.whl", line: 1 }] }],
  ["f-1.0-py3-none-any.whl", { elsewhere: [{ text: "f-1.0-py3-none-any.whl", line: 1 }] }],
])("P-102 %j is from a URL or from this machine", (text, found) => {
  expect(parse(text)).toEqual({ required: [], files: [], elsewhere: [], remote: [], indexes: [], ...found });
});

test.each([
  "[[package]]",
  'name = "foo"',
  "foo: ^1.0",
  "lodash@^4.17.0:",
  '"@babel/core@^7":',
  '  version "7.1.0"',
  "{",
  "- foo=1.0",
  "---",
  "foo bar",
  "foo = 1",
  "foo==1.0 bar==2.0",
  "--no-such-option",
  "example.com/a v1.0.0 h1:abc=",
])("P-103 the line %j is refused, not taken for a name", async (text) => {
  expect(await faultText(() => parse(`good==1.0\n${text}\n`))).toContain(
    'line 2 of "requirements.txt" is no requirement',
  );
});

test.each([
  "foo",
  "Foo.Bar_baz",
  "foo[a,b]>=1.0,<2,!=1.5",
  "foo (>=1.0, <2)",
  "foo~=1.4.2;sys_platform=='linux'",
  "foo==1!2.0.post1+local --hash=sha256:abc --hash=sha256:def",
  "foo==1.*",
  "foo ; extra == 'x'",
  "--require-hashes\nfoo==1",
  "--trusted-host x --no-binary :all:\nfoo",
  "\uFEFFfoo",
])("P-103 what pip understands is not refused: %j", (text) => {
  expect(parse(text).required).toHaveLength(1);
});
