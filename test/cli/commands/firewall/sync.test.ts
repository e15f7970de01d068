import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { runInProcess } from "../../../support/run-cli.js";

test.each([
  [["--source", "caller"], "neither a security group nor a prefix list is named"],
  [["--source", "caller", "--group", "sg-1"], "--group without --port opens nothing"],
  [["--source", "caller", "--prefix-list", "pl-1", "--port", "22"], "--port without --group"],
  [["--source", "caller", "--group", "sg-1", "--port", "ssh"], '"ssh" is not a port'],
  [["--source", "caller", "--group", "sg-1", "--port", "90-80"], '"90-80" is not a port'],
  [
    ["--source", "caller", "dns:a.example", "--prefix-list", "pl-1"],
    "nothing says under which name the rules of 2 sources are kept",
  ],
  [["--source", "caller", "--prefix-list", "pl-1", "--watch", "soon"], '"soon" is not a time span'],
  [["--source", "caller", "--prefix-list", "pl-1", "--watch", "1s"], '--watch "1s" is too short'],
  [
    ["--source", "caller", "--prefix-list", "pl-1", "--listen", "127.0.0.1:0"],
    "--listen without --watch would end at once",
  ],
  [
    ["--source", "caller", "--prefix-list", "pl-1", "--watch", "5m", "--check"],
    "--watch and --check contradict each other",
  ],
  [
    ["--source", "caller", "--prefix-list", "pl-1", "--watch", "5m", "--listen", ":80"],
    '":80" is no address to listen on',
  ],
  [["--source", "caller", "--prefix-list", "pl-1", "--max-shrink", "half"], '--max-shrink is "half"'],
  [["--source", "caller", "--prefix-list", "pl-1", "--owner", "access"], 'the owner "access" is for leases'],
])("sallyport firewall sync %j: a clear line, a hint, and status 2", async (args, message) => {
  const { code, stdout, stderr } = await runInProcess(["firewall", "sync", ...args], { cwd: tmpdir(), env: {} });
  expect(stderr).toMatch(/^error: [^\n]+\n {2}[^\n]+\n$/);
  expect(stderr).toContain(message);
  expect([code, stdout]).toEqual([2, ""]);
});
