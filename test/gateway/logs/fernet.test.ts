import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodeBatch } from "../../../gateway/logs/encode.js";
import { type FernetKey, fernetToken, openFernet, readFernetKey } from "../../../gateway/logs/fernet.js";

/** generate.json and verify.json of the specification. */
const SECRET = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const TOKEN = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const IV = Uint8Array.from({ length: 16 }, (_, index) => index);
const SECONDS = 499_162_800;
const key = readFernetKey(SECRET) as FernetKey;

describe("V-33 Fernet", () => {
  test("V-33 makes the specification's token", () => {
    expect(fernetToken(key, "hello", SECONDS, IV)).toBe(TOKEN);
  });

  test("V-33 opens the specification's token, and its own of any length", () => {
    expect(openFernet(key, TOKEN)?.toString()).toBe("hello");
    for (const length of [0, 1, 15, 16, 17, 1000]) {
      const text = "ü".repeat(length);
      expect(openFernet(key, fernetToken(key, text))?.toString()).toBe(text);
    }
  });

  test("every token has an IV of its own", () => {
    expect(new Set(Array.from({ length: 3_000 }, () => fernetToken(key, "x", SECONDS))).size).toBe(3_000);
  });

  /** invalid.json of the specification, where it does not speak of age. */
  test.each([
    [
      "incorrect mac",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
    ],
    ["too short", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="],
    [
      "invalid base64",
      "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    ],
    [
      "payload size not multiple of block size",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
    ],
    [
      "payload padding error",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
    ],
  ])("refuses: %s", (_title, token) => {
    expect(openFernet(key, token)).toBeUndefined();
  });

  test.each(["", "short", SECRET.slice(2), `${SECRET}AAAA`])("%j is no key", (text) => {
    expect(readFernetKey(text)).toBeUndefined();
  });

  test("V-33 Python's Fernet opens what was made here", () => {
    try {
      execFileSync("python3", ["-c", "import cryptography"], { stdio: "ignore" });
    } catch {
      return console.log("skipped: python3 has no cryptography here");
    }
    const program =
      "import sys; from cryptography.fernet import Fernet as F; k, t = sys.stdin.read().split(); print(F(k).decrypt(t).decode())";
    const input = `${SECRET} ${fernetToken(key, "grüezi")}`;
    expect(execFileSync("python3", ["-c", program], { input, encoding: "utf8" }).trim()).toBe("grüezi");
  });
});

test("V-33 records are encrypted by the batch, or one by one beside their id", () => {
  const records = ['{"id":"a-1","time":12,"source":"192.0.2.1"}', '{"id":"a-2","time":13,"source":"192.0.2.2"}'];
  const text = `${records.join("\n")}\n`;
  expect(Buffer.from(encodeBatch(records, { kind: "none" })).toString()).toBe(text);
  const batch = Buffer.from(encodeBatch(records, { kind: "batch", key })).toString();
  expect(openFernet(key, batch)?.toString()).toBe(text);
  const lines = Buffer.from(encodeBatch(records, { kind: "record", key }))
    .toString()
    .trim()
    .split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as { id: string; time: number; fernet: string });
  expect(parsed.map(({ id, time }) => [id, time])).toEqual([
    ["a-1", 12],
    ["a-2", 13],
  ]);
  expect(parsed.map(({ fernet }) => openFernet(key, fernet)?.toString())).toEqual(records);
});
