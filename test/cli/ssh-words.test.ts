import { expect, test } from "vitest";
import { buildProgram } from "../../cli/program.js";
import { settleSshWords, sshWords } from "../../cli/ssh-words.js";
import { faultText } from "../support/fault-text.js";

const program = buildProgram(() => async () => {});
const settle = (line: string) => settleSshWords(program, line.split(" ")).join(" ");

test.each([
  ["ssh H", "ssh -- H"],
  ["ssh H uname -a", "ssh -- H uname -a"],
  ["ssh H -- uname -a", "ssh -- H -- uname -a"],
  ["ssh -- H uname -a", "ssh -- H uname -a"],
  ["ssh H -L 8888:localhost:8888", "ssh -- H -L 8888:localhost:8888"],
  ["ssh -L 8888:localhost:8888 H", "ssh -- H -L 8888:localhost:8888"],
  ["ssh -NL 8888:localhost:8888 -v H", "ssh -- H -NL 8888:localhost:8888 -v"],
  ["ssh -L8888:localhost:8888 H ls", "ssh -- H -L8888:localhost:8888 ls"],
  ["ssh --user me --cert=c.crt -t H top", "ssh --user me --cert=c.crt -- H -t top"],
  ["ssh --no-tls H ls --json", "ssh --no-tls -- H ls --json"],
  ["--json ssh H --", "--json ssh -- H --"],
  ["--config ssh --set a=b ssh --quiet H ls -l", "--config ssh --set a=b ssh --quiet -- H ls -l"],
  ["ssh H --help", "ssh --help"],
  ["ssh -h", "ssh -h"],
  ["ssh -L 1:h:1", "ssh"],
  ["ssh-config --print", "ssh-config --print"],
  ["config ssh", "config ssh"],
  ["get ssh -L", "get ssh -L"],
])("T-10: %j is read as %j", (typed, expected) => {
  expect(settle(typed)).toBe(expected);
});

test.each([
  ["uname -a", [], ["uname", "-a"]],
  ["-L 1:h:1 -vN", ["-L", "1:h:1", "-vN"], []],
  ["-tt -o A=b -- ls --color", ["-tt", "-o", "A=b"], ["ls", "--color"]],
  ["-p22 -- -x", ["-p22"], ["-x"]],
  ["ls -L x", [], ["ls", "-L", "x"]],
  ["-4 -J jump ls", ["-4", "-J", "jump"], ["ls"]],
])("T-10: behind HOST, %j has the options %j and the command %j", (words, options, command) => {
  expect(sshWords(words.split(" "))).toEqual({ options, command });
});

test("T-10: an option of ours behind HOST, and one of ssh's without its value, are named", async () => {
  expect(await faultText(() => sshWords(["--user", "me"]))).toBe(
    '"--user" stands behind HOST, where everything belongs to ssh\n' +
      "  write it in front: sallyport ssh --user … HOST (exit 2)",
  );
  expect(await faultText(() => sshWords(["-N", "-L"]))).toContain('"-L" has no value');
});
