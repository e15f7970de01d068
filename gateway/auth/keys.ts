/** The keys that verify tokens, and where they come from. */
import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  importSPKI,
  type JWTVerifyGetKey,
  type KeyObject,
} from "jose";
import { sleep } from "../../base/async/sleep.js";
import { HttpClient, type HttpRequest } from "../../http/client/http-client.js";
import { readBody } from "../../http/client/read-body.js";
import type { SettingsFiles } from "../../http/daemon/settings-files.js";
import { badRemoteKey, keyOutOfReach, weakKey } from "../errors.js";
import type { GatewayConfig } from "../settings/schema.js";

/** A source of keys, and the only algorithms that they may be used with. */
export interface KeySource {
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey;
}

export interface KeyOptions {
  readonly files: SettingsFiles;
  /** Fetches published keys. @default - a client with Node's roots */
  readonly http?: HttpClient;
  /** Between two attempts to fetch vLab's key. @default 1000 */
  readonly retryMs?: number;
}

/** RFC 7518, 3.2: as long as the hash. */
export const MIN_SECRET_BYTES = 32;
const MAX_TRIES = 10;
const FETCH_MS = 10_000;
const MAX_KEY_BYTES = 1024 * 1024;

export async function openKeys(config: GatewayConfig["auth"], options: KeyOptions): Promise<KeySource[]> {
  const { http = new HttpClient({ via: { kind: "proxy", env: process.env }, keepAlive: false }) } = options;
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
      [customFetch]: (url, { headers, signal }) => get(http, url, { headers: Object.fromEntries(headers), signal }),
    });
    // Not for secrets: a published one is not secret.
    sources.push({ algorithms: published, key });
  }
  if (config.vlab_url !== undefined)
    sources.push(await vlabKey(config.vlab_url, config.algorithms, { ...options, http }));
  return sources;
}

function secretKey(text: string, key: string): Uint8Array {
  const secret = new TextEncoder().encode(text);
  if (secret.length < MIN_SECRET_BYTES) {
    throw weakKey(key, `holds ${secret.length} bytes: a secret has at least ${MIN_SECRET_BYTES}`);
  }
  return secret;
}

type VlabKeyOptions = Pick<KeyOptions, "retryMs"> & { readonly http: HttpClient };

/** `GET {VLAB_URL}/api/1/auth/key` → content {key, algorithm, format}. The server's certificate is always verified. */
async function vlabKey(base: string, allowed: readonly string[], options: VlabKeyOptions): Promise<KeySource> {
  const url = `${base.replace(/\/+$/, "")}/api/1/auth/key`;
  const { key, algorithm } = await fetchKey(url, options);
  if (!allowed.includes(algorithm)) {
    throw badRemoteKey(url, `its algorithm ${JSON.stringify(algorithm)} is not in auth.algorithms`);
  }
  const isPem = key.includes("-----BEGIN");
  if (algorithm.startsWith("HS")) {
    // With a public key as the secret, everyone could sign.
    if (isPem) throw badRemoteKey(url, `a PEM document is no secret for ${algorithm}`);
    if (new TextEncoder().encode(key).length < MIN_SECRET_BYTES) {
      throw badRemoteKey(url, `a secret for ${algorithm} has at least ${MIN_SECRET_BYTES} bytes`);
    }
    return { algorithms: [algorithm], key: fixed(new TextEncoder().encode(key)) };
  }
  try {
    return { algorithms: [algorithm], key: fixed(await importSPKI(key, algorithm)) };
  } catch {
    throw badRemoteKey(url, `it is no public key for ${algorithm}`);
  }
}

async function fetchKey(url: string, { http, retryMs = 1_000 }: VlabKeyOptions) {
  for (let tries = 1; ; tries += 1) {
    try {
      const response = await get(http, url);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { content } = (await response.json()) as { content?: { key?: unknown; algorithm?: unknown } };
      if (typeof content?.key !== "string" || typeof content.algorithm !== "string") {
        throw new Error("the answer has no content.key and content.algorithm");
      }
      return { key: content.key, algorithm: content.algorithm };
    } catch (error) {
      if (tries === MAX_TRIES) throw keyOutOfReach(url, error);
    }
    await sleep(retryMs);
  }
}

/** @returns the whole answer as fetch would, which jose expects. Redirects are not followed. */
async function get(
  http: HttpClient,
  url: string,
  options: Pick<HttpRequest, "headers" | "signal"> = {},
): Promise<Response> {
  const { origin, pathname, search } = new URL(url);
  const request = { origin, path: `${pathname}${search}`, totalMs: FETCH_MS, ...options };
  const { status, body } = await http.request(request);
  return new Response(await readBody(body, MAX_KEY_BYTES), { status });
}

const fixed =
  (key: CryptoKey | KeyObject | Uint8Array): JWTVerifyGetKey =>
  async () =>
    key as CryptoKey;
