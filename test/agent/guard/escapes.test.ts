/** Every spelling of a way out that we know of, as raw bytes, with each method that reads, writes or removes. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BEARER, CANARY, startTestAgent, type TestAgent } from "../support/test-agent.js";

let agent: TestAgent;
const EVIL = "EVIL-bytes-that-must-never-land";

beforeEach(async () => {
  agent = await startTestAgent();
  mkdirSync(join(agent.shared, "sub"));
  writeFileSync(join(agent.shared, "file"), "inside");
  symlinkSync(agent.base, join(agent.shared, "out"));
  symlinkSync("/", join(agent.shared, "root"));
});
afterEach(() => agent.stop());

/** Ways to write "..", each a client's or server's bug of its own. */
const DOTS = {
  plain: "..",
  encoded: "%2e%2e",
  "upper-case": "%2E%2E",
  "half encoded": ".%2e",
  "other half": "%2e.",
  "double encoded": "%252e%252e",
  "triple encoded": "%25252e%25252e",
  "overlong 2 bytes": "%c0%ae%c0%ae",
  "overlong 3 bytes": "%e0%80%ae%e0%80%ae",
  "overlong 4 bytes": "%f0%80%80%ae%f0%80%80%ae",
  "raw overlong": "\xc0\xae\xc0\xae",
  "IIS unicode": "%u002e%u002e",
  fullwidth: "%ef%bc%8e%ef%bc%8e",
  "one dot leader": "%e2%80%a4%e2%80%a4",
  "two dot leader": "%e2%80%a5",
  "trailing dot": "...",
  "trailing space": "..%20",
  "trailing tab": "..%09",
  "trailing NUL": "..%00",
  "path parameter": "..;",
  "path parameter with value": "..;x=y",
  "zero-width": "..%e2%80%8b",
  "soft hyphen": ".%c2%ad.",
};

/** Ways to write "/". */
const SLASHES = {
  slash: "/",
  "two slashes": "//",
  "slash dot": "/./",
  encoded: "%2f",
  "upper-case": "%2F",
  "double encoded": "%252f",
  backslash: "\\",
  "encoded backslash": "%5c",
  "mixed slashes": "\\/",
  overlong: "%c0%af",
  fullwidth: "%ef%bc%8f",
  division: "%e2%88%95",
};

function* spellings(): Generator<[string, string]> {
  for (const [dots, climb] of Object.entries(DOTS)) {
    for (const [slash, separator] of Object.entries(SLASHES)) {
      const up = (depth: number) => (climb + separator).repeat(depth);
      yield [`${dots}, ${slash}`, `/v1/files/shared/${up(1)}canary`];
      if (slash !== "slash" && slash !== "encoded") continue;
      yield [`${dots}, ${slash}, from a subdirectory`, `/v1/files/shared/sub/${up(3)}canary`];
      yield [`${dots}, ${slash}, all the way up`, `/v1/files/shared/${up(12)}BASE/canary`];
    }
  }
  const base = "BASE";
  const rest = {
    "absolute path": `/v1/files/${base}/canary`,
    "absolute path under the directory": `/v1/files/shared/${base}/canary`,
    "absolute path, two slashes": `/v1/files/shared//${base}/canary`,
    "absolute path, encoded slash": `/v1/files/shared/%2f${base}/canary`,
    "no directory": `/v1/files//${base}/canary`,
    "directory is ..": `/v1/files/../${base}/canary`,
    "directory is %2e%2e": `/v1/files/%2e%2e/%2e%2e/${base}/canary`,
    "directory is .": `/v1/files/./${base}/canary`,
    "prefix climbed": `/v1/files/shared/../../../${base}/canary`,
    "before the prefix": `/../v1/files/shared/../canary`,
    "prefix doubled": `//v1/files/shared/../canary`,
    "prefix encoded": `/v1%2ffiles%2fshared%2f..%2fcanary`,
    "directory encoded": `/v1/files/%73hared/../canary`,
    "through a link": "/v1/files/shared/out/canary",
    "through a link, dot": "/v1/files/shared/out/./canary",
    "through a link, slashes": "/v1/files/shared/out//canary",
    "through a link to /": `/v1/files/shared/root${base}/canary`,
    "through a link and back": "/v1/files/shared/out/home/shared/../canary",
    "through proc": `/v1/files/shared/root/proc/self/root${base}/canary`,
    "proc by itself": `/v1/files/proc/self/root${base}/canary`,
    "host URL": `HOST://${base}/canary`,
    "lower host URL": `host://${base}/canary`,
    "file URL": `file://${base}/canary`,
    "FILE URL": `FILE://localhost${base}/canary`,
    "absolute form": `https://h/v1/files/shared/../canary`,
    "absolute form, foreign": `http://x${base}/canary`,
    "absolute form, user info": `https://a@b/v1/files/shared/%2e%2e/canary`,
    "absolute form, backslash": `https://h\\v1/files/shared/../canary`,
    "URL in the path": `/v1/files/shared/file://${base}/canary`,
    "URL encoded in the path": `/v1/files/shared/file%3a%2f%2f${base}/canary`,
    home: "/v1/files/shared/~/canary",
    "home of root": "/v1/files/~root/canary",
    variable: "/v1/files/shared/$HOME/canary",
    wildcard: "/v1/files/shared/*/canary",
    braces: "/v1/files/shared/{..,x}/canary",
    query: "/v1/files/shared?/../canary",
    "query climbs": "/v1/files/shared/sub?/../../canary",
    "encoded query": "/v1/files/shared/%3f/../../canary",
    fragment: "/v1/files/shared/#/../canary",
    "fragment climbs": "/v1/files/shared/../canary#x",
    "encoded fragment": "/v1/files/shared/%23/../../canary",
    NUL: "/v1/files/shared/../canary%00",
    "NUL and suffix": "/v1/files/shared/../canary%00.txt",
    "raw NUL": "/v1/files/shared/../canary\0",
    CRLF: "/v1/files/shared/..%0d%0a/canary",
    "raw CR": "/v1/files/shared/\r/../canary",
    tab: "/v1/files/shared/..\t/canary",
    space: "/v1/files/shared/.. /canary",
    "broken escape": "/v1/files/shared/%/../canary",
    "broken escape 2": "/v1/files/shared/%2/../canary",
    "broken escape 3": "/v1/files/shared/%zz/../canary",
    surrogate: "/v1/files/shared/%ed%a0%80/../canary",
    "byte order mark": "/v1/files/shared/%ef%bb%bf../canary",
    "right to left": "/v1/files/shared/%e2%80%ae../canary",
    "raw high bytes": "/v1/files/shared/\xff\xfe/../canary",
    "DOS device": "/v1/files/shared/C:/canary",
    UNC: "/v1/files/shared/\\\\localhost\\c$\\canary",
    "sibling prefix": "/v1/files/shared-evil/canary",
    "sibling by climbing": "/v1/files/shared/../shared-evil/canary",
    "ends in ..": "/v1/files/shared/sub/../..",
    "ends in ../": "/v1/files/shared/../",
    "only ..": "/v1/files/shared/..",
    "only encoded ..": "/v1/files/shared/%2e%2e",
    asterisk: "*",
    authority: "localhost:443",
  };
  for (const [title, target] of Object.entries(rest)) yield [title, target];
}

const CASES = [...spellings()];

function everythingOutside(): string {
  const names = readdirSync(agent.base).sort();
  const home = readdirSync(join(agent.base, "home")).sort();
  const times = ["canary", "home/canary"].map((name) => statSync(join(agent.base, name), { bigint: true }).mtimeNs);
  return [...names, ...home, ...times, readFileSync(join(agent.base, "canary"), "utf8")].join("\n");
}

function request(method: string, target: string, body: string): string {
  const head = `Host: h\r\nConnection: close\r\nAuthorization: ${BEARER.Authorization}\r\nContent-Length: ${body.length}\r\n`;
  return `${method} ${target.replaceAll("BASE", agent.base)} HTTP/1.1\r\n${head}\r\n${body}`;
}

test("the table has the promised size", () => {
  expect(new Set(CASES.map(([, target]) => target)).size).toBeGreaterThan(400);
});

for (const [method, body] of [
  ["GET", ""],
  ["HEAD", ""],
  ["PUT", EVIL],
  ["DELETE", ""],
] as const) {
  test(`${method}: no spelling reads, writes or removes one byte outside (A-41)`, async () => {
    const before = everythingOutside();
    const leaks: string[] = [];
    const batch = 32;
    for (let i = 0; i < CASES.length; i += batch) {
      const asked = CASES.slice(i, i + batch).map(async ([title, target]) => {
        const reply = await agent.send(request(method, target, body));
        const status = Number(reply.subarray(9, 12).toString());
        if (reply.includes(CANARY) || reply.includes("inside")) leaks.push(`${title}: leaked`);
        // A name such as "..." or "..;" is an honest name for a file inside, which PUT may make. What comes
        // before a "?" is what it is. Nothing else may succeed.
        const honest = method === "PUT" || title.startsWith("query");
        if (status >= 200 && status < 400 && !honest) leaks.push(`${title}: ${status} for ${target}`);
      });
      await Promise.all(asked);
    }
    expect(leaks).toEqual([]);
    expect(everythingOutside()).toBe(before);
    expect((await agent.ask("/healthz")).status).toBe(200);
  });
}
