import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authenticate, createAuthenticate } from "../../../gateway/auth/authenticate.js";
import { clientAddress } from "../../../gateway/auth/client-address.js";
import { issueToken, secretIn } from "../../../gateway/auth/issue.js";
import { type KeySource, openKeys } from "../../../gateway/auth/keys.js";
import { gatewayFiles } from "../../../gateway/settings/load.js";
import { parseConfig } from "../../../gateway/settings/parse.js";
import type { GatewayConfig } from "../../../gateway/settings/schema.js";
import { HttpClient } from "../../../http/client/http-client.js";
import { Cidr } from "../../../net/cidr.js";
import { makeCertificate } from "../../agent/support/certificate.js";
import { faultText } from "../../support/fault-text.js";

const ISSUER = "https://vlab.test";
const SECRET = "0123456789abcdef0123456789abcdef0123";
const NOW = Date.parse("2026-01-31T12:00:00Z");
const HERE = "198.51.100.7";
const secret = new TextEncoder().encode(SECRET);
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

const dir = mkdtempSync(join(tmpdir(), "sallyport-auth-"));
const pair = makeCertificate("IP:127.0.0.1");
/** What the other side answers: vLab's key route, and a JWK Set. */
let vlabContent: unknown;
let jwks: unknown;
let failures = 0;
const server = createServer({ cert: pair.cert, key: pair.key }, (req, res) => {
  if (failures > 0) {
    failures -= 1;
    res.writeHead(503).end();
    return;
  }
  res.setHeader("Content-Type", "application/json");
  res.end(JSON.stringify(req.url === "/jwks" ? jwks : { error: null, content: vlabContent, params: {} }));
});
let base = "";

beforeAll(async () => {
  writeFileSync(join(dir, "secret"), `${SECRET}\n`, { mode: 0o600 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

/** Trusts the certificate of this test, as NODE_EXTRA_CA_CERTS makes the daemon's client do. */
const trusting = new HttpClient({ via: { kind: "direct", tls: { ca: pair.cert } }, keepAlive: false });

function config(auth: string): GatewayConfig["auth"] {
  return parseConfig(
    `{ name: t, tls: { cert: /c, key: /k }, wan: w, lan: l, lab_networks: [10.0.0.0/8], auth: { issuer: "${ISSUER}", ${auth} } }`,
    "gateway.yaml",
  ).auth;
}

const keysOf = (auth: string) => openKeys(config(auth), { files: gatewayFiles({}), http: trusting, retryMs: 1 });

function authenticator(keys: readonly KeySource[], more: { requireClientIp?: boolean } = {}): Authenticate {
  return createAuthenticate({
    keys,
    issuer: ISSUER,
    leewaySeconds: 10,
    requireClientIp: more.requireClientIp ?? true,
    now: () => NOW,
  });
}

const seconds = NOW / 1000;
/** Claims of vLab's version 2. */
const claims = { username: "ada", version: 2, client_ip: HERE, email: "ada@example.com" };
const signed = (payload: Record<string, unknown>, more: { alg?: string; key?: Parameters<SignJWT["sign"]>[0] } = {}) =>
  new SignJWT({ iss: ISSUER, iat: seconds, exp: seconds + 300, ...payload })
    .setProtectedHeader({ alg: more.alg ?? "HS256" })
    .sign(more.key ?? secret);
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("with a secret of our own", async () => {
  let admit: Authenticate;
  beforeAll(async () => {
    admit = authenticator(await keysOf(`key: "${dir}/secret"`));
  });
  const enter = (token: string, from = HERE) => admit({ "x-auth": token }, from);
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => "let in",
      (problem) => `${problem.status} ${problem.detail}`,
    );

  test("V-04 a token of vLab's form is taken from X-Auth, and from Authorization", async () => {
    const token = await signed(claims);
    const caller = { name: "ada", scopes: ["read", "forward"], clientIp: HERE, expiresAt: NOW + 300_000 };
    expect(await enter(token)).toEqual(caller);
    expect(await admit({ authorization: `Bearer ${token}` }, HERE)).toEqual(caller);
  });

  test("V-04 no token", async () => {
    expect(await refused(admit({}, HERE))).toBe("401 No auth token sent in HTTP header");
    expect(await refused(admit({ authorization: "Basic YTpi" }, HERE))).toBe("401 No auth token sent in HTTP header");
  });

  test("V-04 over: by more than the leeway", async () => {
    expect(await refused(enter(await signed({ ...claims, exp: seconds - 11 })))).toBe("401 No Valid Session Found");
    expect((await enter(await signed({ ...claims, exp: seconds - 9 }))).name).toBe("ada");
  });

  test("V-04 what is forged is refused, with a link to where tokens are made", async () => {
    const other = new TextEncoder().encode("another-secret-that-is-long-enough-0123");
    const good = await signed(claims);
    const [head, body, signature] = good.split(".");
    const forged: Record<string, string> = {
      "another key": await signed(claims, { key: other }),
      'the key "testing"': await signed(claims, { key: new TextEncoder().encode("testing") }),
      "another issuer": await signed({ ...claims, iss: "https://elsewhere.test" }),
      "no issuer": await signed({ ...claims, iss: undefined }),
      "no expiry": await signed({ ...claims, exp: undefined }),
      "not yet": await signed({ ...claims, nbf: seconds + 60 }),
      "alg none": `${b64({ alg: "none" })}.${body}.`,
      "alg None, signed": `${b64({ alg: "None" })}.${body}.${signature}`,
      "no alg": `${b64({})}.${body}.${signature}`,
      "an algorithm that is not ours": await signed(claims, { alg: "HS512", key: new Uint8Array(64).fill(1) }),
      "signed by an RSA key": await signed(claims, { alg: "RS256", key: rsa.privateKey }),
      "other claims under the signature": `${head}.${b64({ ...claims, username: "eve", iss: ISSUER, exp: seconds + 300 })}.${signature}`,
      "no signature": `${head}.${body}.`,
      "a critical extension": `${b64({ alg: "HS256", crit: ["b64"], b64: false })}.${body}.${signature}`,
      "a key of its own": `${b64({ alg: "HS256", jwk: { kty: "oct", k: "AAAA" } })}.${body}.${signature}`,
      "no token at all": "x",
      "a quote": "'; drop table forwards; --",
      "two users": await signed({ ...claims, sub: "eve" }),
      "a user that is no text": await signed({ ...claims, username: { $ne: "" } }),
      "a user with a line break": await signed({ ...claims, username: "ada\neve" }),
      "a user that is SQL": await signed({ ...claims, username: "' or 1=1 --" }),
      "no user": await signed({ version: 2, client_ip: HERE }),
      "a client_ip that is a list": await signed({ ...claims, client_ip: [HERE] }),
      "a scope that is a list": await signed({ ...claims, scope: ["admin"] }),
    };
    for (const [what, token] of Object.entries(forged)) {
      expect(await refused(enter(token)), what).toBe("401 Invalid auth token supplied");
    }
    await expect(enter("x")).rejects.toMatchObject({
      headers: { "WWW-Authenticate": "Bearer", Link: "<https://vlab.test/api/1/auth>; rel=authorization" },
    });
  });

  test("V-05 only from the address it was made for", async () => {
    const token = await signed(claims);
    expect(await refused(enter(token, "198.51.100.9"))).toBe(
      "401 Token generated by 198.51.100.7, but sent from 198.51.100.9",
    );
    const six = await signed({ ...claims, client_ip: "2001:DB8:0::7" });
    expect((await enter(six, "2001:db8::7")).name).toBe("ada");
    const unbound = await signed({ username: "ada", version: 2 });
    expect(await refused(enter(unbound))).toBe("401 Token is not bound to the address of its client (client_ip)");
    const free = authenticator(await keysOf(`key: "${dir}/secret"`), { requireClientIp: false });
    expect((await free({ "x-auth": unbound }, "203.0.113.1")).name).toBe("ada");
    await expect(free({ "x-auth": token }, "203.0.113.1")).rejects.toThrow("Token generated by");
  });

  test("V-06 a version that is not 2 has no access, whatever else it says", async () => {
    for (const version of [1, "2", undefined]) {
      expect(await refused(enter(await signed({ ...claims, version })))).toBe("403 user ada does not have access");
    }
  });

  test("ours: sub and scope", async () => {
    const token = await signed({ sub: "ops", scope: "admin write read", client_ip: HERE });
    expect(await enter(token)).toMatchObject({ name: "ops", scopes: ["read", "admin"] });
    expect(await refused(enter(await signed({ sub: "ops", client_ip: HERE })))).toBe("401 Invalid auth token supplied");
  });

  test("what issueToken makes is taken", async () => {
    const request = { issuer: ISSUER, user: "ada", scopes: ["forward"] as const, lifeMs: 60_000, clientIp: HERE };
    expect(await enter(await issueToken(request, SECRET, NOW))).toEqual({
      name: "ada",
      scopes: ["forward"],
      clientIp: HERE,
      expiresAt: NOW + 60_000,
    });
  });
});

describe("V-05 where a request comes from", () => {
  test.each([
    ["a stranger's header is not believed", "203.0.113.9", "198.51.100.7", "203.0.113.9"],
    ["a proxy's last entry is", "10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"],
    ["a proxy on a dual-stack socket too", "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["without a header, the proxy itself", "10.0.0.1", undefined, "10.0.0.1"],
    ["what is no address counts as none", "10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"],
    ["inet_aton's short form is none", "10.0.0.1", "1.2", "10.0.0.1"],
    ["an IPv6 client", "10.0.0.1", "2001:DB8::1", "2001:db8::1"],
  ])("%s", (_name, peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, [Cidr.parse("10.0.0.0/8")])).toBe(expected);
  });
});

describe("V-04 the key of a vLab", () => {
  test("its public key and algorithm are used, after it could not be reached at first", async () => {
    vlabContent = { key: publicPem, algorithm: "RS256", format: "pem" };
    failures = 3;
    const admit = authenticator(await keysOf(`vlab_url: "${base}/"`));
    const token = await signed(claims, { alg: "RS256", key: rsa.privateKey });
    expect((await admit({ "x-auth": token }, HERE)).name).toBe("ada");
  });

  test("HS256 with its public key as the secret is refused", async () => {
    vlabContent = { key: publicPem, algorithm: "RS256", format: "pem" };
    const admit = authenticator(await keysOf(`vlab_url: "${base}", key: "${dir}/secret"`));
    for (const text of [publicPem, publicPem.trim()]) {
      const token = await signed(claims, { alg: "HS256", key: new TextEncoder().encode(text) });
      await expect(admit({ "x-auth": token }, HERE)).rejects.toThrow("Invalid auth token supplied");
    }
  });

  test.each([
    ['its default "testing"', { key: "testing", algorithm: "HS256" }, "a secret for HS256 has at least 32 bytes"],
    ["a PEM as a secret", { key: publicPem, algorithm: "HS256" }, "a PEM document is no secret for HS256"],
    ["none", { key: "x", algorithm: "none" }, 'its algorithm "none" is not in auth.algorithms'],
    ["no key for its algorithm", { key: "x".repeat(64), algorithm: "ES256" }, "it is no public key for ES256"],
  ])("%s is refused", async (_name, content, reason) => {
    vlabContent = content;
    expect(await faultText(() => keysOf(`vlab_url: "${base}"`))).toContain(`is refused: ${reason}`);
  });

  test("a certificate that nobody vouches for ends the start", async () => {
    const keys = openKeys(config(`vlab_url: "${base}"`), { files: gatewayFiles({}), retryMs: 1 });
    expect(await faultText(keys)).toMatch(/cannot be fetched: self-signed certificate/);
  });
});

test("a JWK Set: the key of the token's kid, and never a secret", async () => {
  const jwk = await exportJWK(rsa.publicKey);
  jwks = {
    keys: [
      { ...jwk, kid: "one", alg: "RS256", use: "sig" },
      { kty: "oct", kid: "oct", k: b64("x"), alg: "HS256" },
    ],
  };
  const admit = authenticator(await keysOf(`jwks_url: "${base}/jwks"`));
  const withKid = (alg: string, kid: string, key: Parameters<SignJWT["sign"]>[0]) =>
    new SignJWT({ iss: ISSUER, exp: seconds + 60, sub: "ada", scope: "read", client_ip: HERE })
      .setProtectedHeader({ alg, kid })
      .sign(key);
  expect((await admit({ "x-auth": await withKid("RS256", "one", rsa.privateKey) }, HERE)).scopes).toEqual(["read"]);
  const wrong = [
    withKid("RS256", "two", rsa.privateKey),
    withKid("HS256", "oct", secret),
    withKid("HS256", "one", secret),
  ];
  for (const token of wrong) {
    await expect(admit({ "x-auth": await token }, HERE)).rejects.toThrow("Invalid auth token supplied");
  }
});

describe("the secret file", () => {
  test("is made closed to others, once", async () => {
    const file = join(dir, "made");
    const first = await secretIn(file);
    expect(first.made).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await secretIn(file)).toEqual({ secret: first.secret, made: false });
    expect(readFileSync(file, "utf8")).toBe(`${first.secret}\n`);
  });

  test("that is too short is refused by both sides", async () => {
    writeFileSync(join(dir, "short"), "testing");
    const text = "holds 7 bytes: a secret has at least 32";
    expect(await faultText(secretIn(join(dir, "short")))).toContain(text);
    expect(await faultText(() => keysOf(`key: "${dir}/short"`))).toContain(`auth.key ${text}`);
  });
});
