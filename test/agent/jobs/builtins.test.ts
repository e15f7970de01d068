/** The accelerators that come with the agent, and one in the user's own words. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleAccelerators } from "./support/bundle.js";
import { startTestEngine, type TestEngine } from "./support/test-engine.js";

let builtins: string;
let engine: TestEngine;
beforeAll(async () => {
  builtins = await bundleAccelerators();
  engine = await startTestEngine({
    builtins,
    accelerators: {
      sha3: { builtin: "sha3" },
      gzip: { builtin: "gzip" },
      rot13: { filter: ["tr", "A-Za-z", "N-ZA-Mn-za-m"] },
    },
  });
});
afterAll(async () => {
  await engine.stop();
  rmSync(builtins, { recursive: true });
});

const run = async (accelerator: string, specific: object, input: string | Buffer) => {
  const job = await engine.run({ accelerator, parameters: { app: { specific } }, output: { kind: "private" } }, input);
  const isWritten = job.state === "done" && job.outputBytes !== undefined;
  const output = !isWritten ? undefined : readFileSync(join(engine.jobsDir, job.id, "output"));
  return { job, output };
};

/** FIPS 202: NIST's example values of the empty message, of "abc", and of 1600 bits 0xa3. */
const NIST: ReadonlyArray<[algorithm: string, message: string, digest: string]> = [
  ["sha3-224", "", "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"],
  ["sha3-256", "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"],
  ["sha3-384", "", "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004"],
  [
    "sha3-512",
    "",
    "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
  ],
  ["sha3-224", "abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"],
  ["sha3-256", "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"],
  [
    "sha3-384",
    "abc",
    "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
  ],
  [
    "sha3-512",
    "abc",
    "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
  ],
  ["sha3-224", "a3", "9376816aba503f72f96ce7eb65ac095deee3be4bf9bbc2a1cb7e11e0"],
  ["sha3-256", "a3", "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"],
  [
    "sha3-384",
    "a3",
    "1881de2ca7e41ef95dc4732b8f5f002b189cc1e42b74168ed1732649ce1dbcdd76197a31fd55ee989f2d7050dd473e8f",
  ],
  [
    "sha3-512",
    "a3",
    "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca81b7c13c30adf52a3659584739a2df46be589c51ca1a4a8416df6545a1ce8ba00",
  ],
];

describe("sha3", () => {
  test.each(NIST)("NIST: %s of %j", async (algorithm, message, digest) => {
    const input = message === "a3" ? Buffer.alloc(200, 0xa3) : message;
    const { job, output } = await run("sha3", { algorithm }, input);
    expect(job.result).toMatchObject({ app: { status: 0, msg: "", specific: { algorithm, digest } } });
    expect(output?.toString()).toBe(digest);
  });

  test("is SHA3-256 where none is named, and refuses others", async () => {
    const big = Buffer.alloc(3_000_000, "large");
    const { job } = await run("sha3", {}, big);
    const digest = createHash("sha3-256").update(big).digest("hex");
    expect(job.result).toMatchObject({ app: { specific: { digest }, profiling: { "total-bytes-read": 3_000_000 } } });
    expect(job.progress).toBe(1);
    expect((await run("sha3", { algorithm: "md5" }, "x")).job).toMatchObject({
      state: "failed",
      failure: {
        reason: "app",
        detail: 'app.specific.algorithm is "md5"; write one of sha3-224, sha3-256, sha3-384, sha3-512',
      },
    });
  });
});

describe("gzip", () => {
  const text = Buffer.alloc(1_000_000, "what is repeated is small; ");

  test("compresses what others decompress, and the other way round", async () => {
    const small = await run("gzip", { level: 9 }, text);
    expect(small.output?.length).toBeLessThan(10_000);
    expect(gunzipSync(small.output ?? "").equals(text)).toBe(true);
    expect((await run("gzip", { mode: "decompress" }, gzipSync(text))).output?.equals(text)).toBe(true);
  });

  test.each([
    [{ mode: "decompress" }, { reason: "exit", detail: "the program ended with status 1: incorrect header check" }],
    [{ mode: "zip" }, { reason: "app", detail: 'app.specific.mode is "zip"; write "compress" or "decompress"' }],
    [{ level: 10 }, { reason: "app", detail: "app.specific.level is 10; write a whole number, 0 to 9" }],
  ])("%j of a text fails and says why", async (specific, failure) => {
    const { job, output } = await run("gzip", specific, text);
    expect(job).toMatchObject({ state: "failed", failure });
    expect(output).toBeUndefined();
  });

  test.each(["start", "stop"] as const)("%s has nothing to do and says so", async (phase) => {
    expect(await engine.run({ accelerator: "gzip", phase })).toMatchObject({
      state: "done",
      result: { app: { status: 0, msg: "" } },
    });
  });
});

test("a filter in the user's own words is its own inverse", async () => {
  const { output } = await run("rot13", {}, "Uryyb");
  expect(output?.toString()).toBe("Hello");
});
