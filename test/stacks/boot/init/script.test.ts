import { describe, expect, test } from "vitest";
import { initScript } from "../../../../stacks/boot/init/script.js";
import { faultText } from "../../../support/fault-text.js";

const text = (written: string) => initScript(written, "setup.sh").text;
const KEY_ID = "ASIAIOSFODNN7EXAMPLE";

describe("A-57: init_script", () => {
  test.each([
    ["#!/bin/bash\necho a\n", "echo a\n"],
    ["#!/usr/bin/env bash\r\necho a  \r\n\r\n", "echo a\n"],
    ["\ufeff#! /bin/sh -e\necho a", "echo a\n"],
    ["echo a\n#!/bin/bash\necho b\t\n", "echo a\necho b\n"],
    ["# comment\n  #! no shebang\n", "# comment\n  #! no shebang\n"],
    ["", "\n"],
  ])("%j runs as %j", (written, expected) => {
    expect(text(written)).toBe(expected);
  });

  test.each([["#!/usr/bin/python3\n"], ["#!/usr/bin/env node\n"], ["#!/bin/fish\n"]])(
    "%j is refused: bash would read it as its own",
    async (written) => {
      expect(await faultText(() => text(written))).toBe(
        'init_script: "setup.sh" begins with the #! of another program than bash\n  it is run by bash: begin with #!/bin/bash, and call the other program from there (exit 2)',
      );
    },
  );

  test("a NUL is refused", async () => {
    expect(await faultText(() => text("echo \0\n"))).toMatch(/^init_script: "setup.sh" is not UTF-8 text/);
  });

  test.each([
    [`export AWS_ACCESS_KEY_ID=${KEY_ID}`, "an AWS access key id"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"],
    ["git clone https://me:hunter2@example.com/x.git", "a password in a URL"],
    ["curl -H 'Authorization: Bearer abcdefgh.ijklmnop'", "a bearer token"],
    [`curl ghp_${"a1".repeat(18)}`, "a token of a known service"],
  ])("%j is refused with its line, and not shown", async (line, shape) => {
    expect(await faultText(() => text(`#!/bin/bash\n\n${line}\n`))).toBe(
      `init_script holds secrets, which every program on the host could read: setup.sh:3 (${shape})\n  let the script fetch them when it runs, such as with aws ssm get-parameter and the hosts' role (exit 2)`,
    );
  });

  test("what may be harmless is only pointed out", () => {
    const lines = ["DB_PASSWORD=hunter2", `sha=${"ab12".repeat(16)}`, "echo fine"];
    expect(initScript(lines.join("\n"), "setup.sh").suspicious).toEqual([
      "setup.sh:1 (a secret beside its name)",
      "setup.sh:2 (something long and random)",
    ]);
  });

  test("what is fetched when it runs is no secret", () => {
    const lines = [
      "token=$(aws ssm get-parameter --name /lab/token --with-decryption --query Parameter.Value --output text)",
      'curl --header "Authorization: Bearer $token" https://$user:$password@example.com/',
      `export TOKEN=\${token}`,
    ];
    expect(initScript(lines.join("\n"), "setup.sh").suspicious).toEqual([]);
  });
});
