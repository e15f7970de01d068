import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { parseDuration } from "../../base/text/duration.js";
import { parsePorts } from "../../cli/firewall/ports.js";
import { parseListen } from "../../http/server/listen-address.js";
import { faultText } from "../support/fault-text.js";
import { runInProcess } from "../support/run-cli.js";

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

test.each([
  ["30s", 30_000],
  ["5m", 300_000],
  ["8h", 28_800_000],
  ["2d", 172_800_000],
  ["1w", 604_800_000],
  ["1h30m", 5_400_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "m", "0s", "-5m", "5 m", "1.5h", "5M", "1e3s", "9999999s"])("%j is no time span", async (text) => {
  expect(await faultText(() => parseDuration(text))).toBe(
    `${JSON.stringify(text)} is not a time span\n  write for example "30s", "5m", "8h", "2d" or "1h30m" (exit 2)`,
  );
});

test("ports are numbers and ranges, one by one or at commas", () => {
  expect(parsePorts(["22", "80, 8000-8010"])).toEqual([
    { from: 22, to: 22 },
    { from: 80, to: 80 },
    { from: 8000, to: 8010 },
  ]);
});

test.each(["0", "65536", "1-65536", "2-1", "-1", "22-", "0x16", "", "22,"])("%j is no port", async (text) => {
  expect(await faultText(() => parsePorts([text]))).toMatch(/ is not a port\n/);
});

test.each([
  ["127.0.0.1:9464", { address: "127.0.0.1", port: 9464 }],
  ["[::1]:0", { address: "::1", port: 0 }],
  ["localhost:80", { address: "localhost", port: 80 }],
])("%s can be listened on", (text, at) => {
  expect(parseListen(text)).toEqual(at);
});

test.each([":80", "80", "::1:80", "127.0.0.1", "127.0.0.1:65536", "a b:80"])("%j cannot", async (text) => {
  expect(await faultText(() => parseListen(text))).toMatch(/ is no address to listen on\n/);
});
