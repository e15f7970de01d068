import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createAuthenticate } from "../../../gateway/auth/authenticate.js";
import { VerifiedTokens } from "../../../gateway/auth/verified-tokens.js";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const MINUTE = 60_000;

describe("what was verified a moment ago", () => {
  const known = (exp: number) => {
    const tokens = new VerifiedTokens(10);
    tokens.add("a.b.c", { sub: "ada", exp: exp / 1000 }, NOW);
    return (at: number, token = "a.b.c") => tokens.get(token, at)?.sub;
  };

  test("is known for a minute, and no other token with it", () => {
    const get = known(NOW + 60 * MINUTE);
    expect([get(NOW), get(NOW + MINUTE - 1), get(NOW + MINUTE)]).toEqual(["ada", "ada", undefined]);
    expect(get(NOW, "a.b.d")).toBeUndefined();
  });

  test("is not known any more where the token is over, leeway included, or the clock was set back", () => {
    const get = known(NOW + 5_000);
    expect([get(NOW + 14_999), get(NOW + 15_000), get(NOW - 1)]).toEqual(["ada", undefined, undefined]);
  });

  test("a thousand of them at most: the oldest are forgotten", () => {
    const tokens = new VerifiedTokens(0);
    for (let n = 0; n <= 1_000; n += 1) tokens.add(`token ${n}`, { exp: NOW }, NOW - MINUTE);
    expect(tokens.get("token 0", NOW - MINUTE)).toBeUndefined();
    expect(tokens.get("token 1", NOW - MINUTE)).toBeDefined();
  });
});

test("V-04, V-05 whoever was let in a moment ago is asked again for everything but the signature", async () => {
  const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef0123");
  let now = NOW;
  let asked = 0;
  const key = async () => {
    asked += 1;
    return secret as never;
  };
  const admit = createAuthenticate({
    keys: [{ algorithms: ["HS256"], key }],
    issuer: "https://vlab.test",
    leewaySeconds: 10,
    requireClientIp: true,
    now: () => now,
  });
  const token = await new SignJWT({ username: "ada", version: 2, client_ip: "198.51.100.7" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://vlab.test")
    .setExpirationTime(NOW / 1000 + 30)
    .sign(secret);
  const enter = (from = "198.51.100.7", what = token) => admit({ "x-auth": what }, from).then(({ name }) => name);

  expect([await enter(), await enter(), asked]).toEqual(["ada", "ada", 1]);
  await expect(enter("198.51.100.9")).rejects.toMatchObject({ status: 401, code: "wrong-address" });
  const forged = `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`;
  await expect(enter("198.51.100.7", forged)).rejects.toMatchObject({ status: 401, code: "invalid-token" });
  now = NOW + 40_000;
  await expect(enter()).rejects.toMatchObject({ status: 401, code: "expired-token" });
});
