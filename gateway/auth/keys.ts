/** Where the keys come from that tokens are checked with. */
import { setTimeout as delay } from "node:timers/promises";
import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  importSPKI,
  type JWTVerifyGetKey,
  type KeyObject,
} from "jose";
import type { SettingsFiles } from "../../http/daemon/settings-files.js";
import { badRemoteKey, keyOutOfReach, weakKey } from "../errors.js";
import type { GatewayConfig } from "../settings/schema.js";

/** One source of keys, and the algorithms that it may be used with: never one that it was not made for. */
export interface KeySource {
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey;
}

export interface KeyOptions {
  readonly files: SettingsFiles;
  readonly fetch?: typeof fetch;
  /** Between two tries to fetch vLab's key. @default 1000 */
  readonly retryMs?: number;
}

/** RFC 7518, 3.2: as long as the hash. */
export const LEAST_SECRET_BYTES = 32;
const TRIES = 10;
const FETCH_MS = 10_000;

export async function openKeys(config: GatewayConfig["auth"], options: KeyOptions): Promise<KeySource[]> {
  const secret = config.algorithms.filter((name) => name.startsWith("HS"));
  const published = config.algorithms.filter((name) => !name.startsWith("HS"));
  const sources: KeySource[] = [];
  if (config.key !== undefined) {
    const text = (await options.files.readSecret("auth.key", config.key)).trim();
    sources.push({ algorithms: secret, key: fixed(secretKey(text, "auth.key")) });
  }
  if (config.jwks_url !== undefined) {
    const key = createRemoteJWKSet(new URL(config.jwks_url), {
      timeoutDuration: FETCH_MS,
      // A symbol, which `defined` does not see.
      ...(options.fetch === undefined ? {} : { [customFetch]: options.fetch }),
    });
    // A secret in a public list of keys is no secret.
    sources.push({ algorithms: published, key });
  }
  if (config.vlab_url !== undefined) sources.push(await vlabKey(config.vlab_url, config.algorithms, options));
  return sources;
}

function secretKey(text: string, key: string): Uint8Array {
  const secret = new TextEncoder().encode(text);
  if (secret.length < LEAST_SECRET_BYTES) {
    throw weakKey(key, `holds ${secret.length} bytes: a secret has at least ${LEAST_SECRET_BYTES}`);
  }
  return secret;
}

/** `GET {VLAB_URL}/api/1/auth/key` → content {key, algorithm, format} (V-04); the certificate there is always checked. */
async function vlabKey(base: string, allowed: readonly string[], options: KeyOptions): Promise<KeySource> {
  const url = `${base.replace(/\/+$/, "")}/api/1/auth/key`;
  const { key, algorithm } = await fetchKey(url, options);
  if (!allowed.includes(algorithm)) {
    throw badRemoteKey(url, `its algorithm ${JSON.stringify(algorithm)} is not in auth.algorithms`);
  }
  const isPem = key.includes("-----BEGIN");
  if (algorithm.startsWith("HS")) {
    // Whoever knows the public key could sign with it.
    if (isPem) throw badRemoteKey(url, `a PEM document is no secret for ${algorithm}`);
    if (new TextEncoder().encode(key).length < LEAST_SECRET_BYTES) {
      throw badRemoteKey(url, `a secret for ${algorithm} has at least ${LEAST_SECRET_BYTES} bytes`);
    }
    return { algorithms: [algorithm], key: fixed(new TextEncoder().encode(key)) };
  }
  try {
    return { algorithms: [algorithm], key: fixed(await importSPKI(key, algorithm)) };
  } catch {
    throw badRemoteKey(url, `it is no public key for ${algorithm}`);
  }
}

async function fetchKey(url: string, { fetch: get = fetch, retryMs = 1_000 }: KeyOptions) {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await get(url, { redirect: "error", signal: AbortSignal.timeout(FETCH_MS) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const { content } = (await answer.json()) as { content?: { key?: unknown; algorithm?: unknown } };
      if (typeof content?.key !== "string" || typeof content.algorithm !== "string") {
        throw new Error("the answer has no content.key and content.algorithm");
      }
      return { key: content.key, algorithm: content.algorithm };
    } catch (error) {
      if (tries === TRIES) throw keyOutOfReach(url, error);
    }
    await delay(retryMs);
  }
}

const fixed =
  (key: CryptoKey | KeyObject | Uint8Array): JWTVerifyGetKey =>
  async () =>
    key as CryptoKey;
