/** What counts as idle: the pure parts, with the clock as a value and the kernel's tables as text. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aboutRoutes } from "../../../agent/about/routes.js";
import { isUse } from "../../../agent/app.js";
import { createFiles } from "../../../agent/files/routes.js";
import { Temporaries } from "../../../agent/files/temporaries.js";
import { type Facts, type Idle, idleMs, observe } from "../../../agent/idle/idle-time.js";
import { connectionsTo, countLogins, isSessionOfPerson } from "../../../agent/idle/logins.js";
import { noEngine } from "../../../agent/jobs/no-engine.js";
import { jobRoutes } from "../../../agent/jobs-api/routes.js";
import { RouteTable } from "../../../http/routes/route-table.js";
import { run } from "../../support/run.js";

const PAUSE = 10_000;
const NEVER = Number.NEGATIVE_INFINITY;
type Seen = Partial<Omit<Facts, "at">> & { readonly at: number };

function seenAs(looks: readonly Seen[], before?: Idle): Idle {
  let idle = before;
  for (const seen of looks) {
    idle = observe(idle, { jobs: 0, transfers: 0, logins: 0, lastUse: NEVER, ...seen }, PAUSE);
  }
  if (idle === undefined) throw new Error("nobody looked");
  return idle;
}
/** A look each 5 seconds, from one time to another. */
const quiet = (from: number, to: number): Seen[] =>
  Array.from({ length: Math.floor((to - from) / 5_000) + 1 }, (_, index) => ({ at: from + index * 5_000 }));

describe("idle time", () => {
  test("begins with the agent, grows while nothing is done, and is measured from the last look", () => {
    expect(idleMs(seenAs([{ at: 700 }]))).toBe(0);
    expect(idleMs(seenAs(quiet(0, 60_000)))).toBe(60_000);
  });

  test.each([
    ["a job", { jobs: 1 }],
    ["a transfer", { transfers: 1 }],
    ["a login", { logins: 2 }],
    ["logins that nobody can tell", { logins: undefined }],
  ])("is none with %s", (_, busy) => {
    const idle = seenAs([...quiet(0, 60_000), { at: 65_000, ...busy }]);
    expect(idleMs(idle)).toBe(0);
    expect(idleMs(seenAs([{ at: 70_000 }], idle))).toBe(5_000);
  });

  test("begins with the end of a request that came and went between two looks", () => {
    expect(idleMs(seenAs([...quiet(0, 60_000), { at: 65_000, lastUse: 62_000 }]))).toBe(3_000);
  });

  test("does not grow by an old request", () => {
    expect(idleMs(seenAs([{ at: 0 }, ...quiet(5_000, 60_000).map((seen) => ({ ...seen, lastUse: 2_000 }))]))).toBe(
      58_000,
    );
  });

  test("counts a time in which nobody looked as one pause: suspended, or stopped, it saw nothing", () => {
    const before = seenAs(quiet(0, 60_000));
    expect(idleMs(seenAs([{ at: 60_000 + 86_400_000 }], before))).toBe(60_000 + PAUSE);
  });

  test("is never negative, and never more than has passed", () => {
    let random = 1;
    const next = (most: number) => {
      random = (random * 48_271) % 2_147_483_647;
      return random % most;
    };
    for (let run = 0; run < 200; run += 1) {
      let at = next(1_000);
      const start = at;
      let idle: Idle | undefined;
      for (let look = 0; look < 30; look += 1) {
        const lastUse = next(3) === 0 ? at - next(20_000) : NEVER;
        idle = seenAs([{ at, jobs: next(8) === 0 ? 1 : 0, lastUse }], idle);
        expect(idleMs(idle)).toBeGreaterThanOrEqual(0);
        expect(idleMs(idle)).toBeLessThanOrEqual(at - start);
        at += next(40_000);
      }
    }
  });
});

const table = new RouteTable([
  ...aboutRoutes({
    name: "",
    version: "",
    isReady: () => true,
    metrics: () => "",
    openapi: () => ({}),
    directories: [],
    sshHostKeys: async () => [],
    idle: () => Promise.reject(new Error("not here")),
    addresses: async () => [],
  }),
  ...createFiles({ roots: [], temporaries: new Temporaries("test"), maxBytes: 1 }).routes,
  ...jobRoutes({
    engine: noEngine,
    files: { checkInput: () => 0, checkOutput: () => undefined },
    maxUploadBytes: 1,
    devices: async () => ({ devices: [], errors: [] }),
  }),
]);

test.each([
  ["/v1/files/shared/a", true],
  ["/v1/files/shared/events", true],
  ["/v1/files", false],
  ["/v1/accelerators", false],
  ["/api/cluster/ip-addresses", false],
  ["/v1/jobs", true],
  ["/v1/jobs/17/output", true],
  ["/v1.0/process/", true],
  ["/none", true],
  ["/v1/jobs/17/events", false],
  ["/healthz", false],
  ["/metrics", false],
  ["/v1/idle", false],
  ["/v1/host", false],
])("a request for %s is a use: %s", (path, use) => expect(isUse(table.find("GET", path))).toBe(use));

// As logind of systemd 255 writes it.
const session = (lines: string) => `# This is private data. Do not parse.
UID=1000
USER=ubuntu
ACTIVE=1
IS_DISPLAY=1
REMOTE=1
TYPE=tty
${lines}
SCOPE=session-3.scope
FIFO=/run/systemd/sessions/3.ref
SERVICE=sshd
`;

test.each([
  ["somebody over SSH", "STATE=active\nCLASS=user", true],
  ["somebody in the foreground early at boot", "STATE=active\nCLASS=user-early", true],
  ["one that was left with tmux running in it", "STATE=closing\nCLASS=user", true],
  ["a cron job", "STATE=active\nCLASS=background", false],
  ["the login screen", "STATE=active\nCLASS=greeter", false],
  ["the manager of a user's services", "STATE=active\nCLASS=manager", false],
])("a session of %s counts: %s", (_, lines, counts) => expect(isSessionOfPerson(session(lines))).toBe(counts));

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

describe("connections to port 22", () => {
  test("are the established ones, to that port on this side", () => {
    const table = `${HEAD}   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0A00000A:0016 070071CB:D431 01 00000000:00000000 02:00000000 00000000     0        0 2
   2: 0A00000A:0016 070071CB:D432 06 00000000:00000000 03:00000000 00000000     0        0 0
   3: 0A00000A:D431 070071CB:0016 01 00000000:00000000 02:00000000 00000000     0        0 3
   4: 0A00000A:01BB 070071CB:D433 01 00000000:00000000 02:00000000 00000000     0        0 4
`;
    expect(connectionsTo(22, table)).toBe(1);
    expect(connectionsTo(443, table)).toBe(1);
  });

  test("over IPv6 look the same", () => {
    const line =
      "   1: 0000000000000000FFFF00000A00000A:0016 0000000000000000FFFF0000070071CB:D431 01 00000000:00000000 02:000A9C3B 00000000     0        0 5 2\n";
    expect(connectionsTo(22, HEAD + line)).toBe(1);
  });
});

describe("who is logged in", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "sallyport-logins-"));
    mkdirSync(join(dir, "sessions"));
    mkdirSync(join(dir, "net"));
    writeFileSync(join(dir, "net/tcp"), HEAD);
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const count = () => countLogins({ sessions: join(dir, "sessions"), net: join(dir, "net") });

  test("is nobody, then each session; the FIFO beside a session's file is not opened", async () => {
    expect(await count()).toBe(0);
    writeFileSync(join(dir, "sessions/3"), session("CLASS=user"));
    writeFileSync(join(dir, "sessions/c7"), session("CLASS=user"));
    writeFileSync(join(dir, "sessions/9"), session("CLASS=background"));
    await run("mkfifo", [join(dir, "sessions/3.ref")]);
    expect(await count()).toBe(2);
  });

  test("is told by connections alone where there is no logind", async () => {
    rmSync(join(dir, "sessions"), { recursive: true });
    const line = "   1: 0A00000A:0016 070071CB:D431 01 00000000:00000000 02:00000000 00000000     0        0 2\n";
    writeFileSync(join(dir, "net/tcp"), HEAD + line);
    expect(await count()).toBe(1);
  });

  test("is unknown, not nobody, where neither can be read", async () => {
    rmSync(join(dir, "sessions"), { recursive: true });
    rmSync(join(dir, "net"), { recursive: true });
    expect(await count()).toBeUndefined();
  });
});
