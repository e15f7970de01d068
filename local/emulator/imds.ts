/**
 * The subset of the instance metadata service that boot scripts, the AWS CLI and cloud-init use: version 2 with its
 * session tokens, and version 1 only if the instance allows it.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { defined } from "../../base/defined.js";
import { listing, type MetadataOptions, metadataTree, type Tree } from "./metadata-tree.js";

const TTL = "x-aws-ec2-metadata-token-ttl-seconds";
const MAX_TTL = 21_600;
const VERSIONS = ["1.0", "2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest"];

interface MetadataResponse {
  readonly status: number;
  readonly body?: string | Buffer;
  /** Remaining seconds of the session token. */
  readonly ttl?: number;
}

/** A server without a listening socket yet. */
export function createMetadataServer(options: MetadataOptions): Server {
  const now = options.now ?? Date.now;
  const sessions = new Map<string, number>();
  const tree = metadataTree(options);

  function issue(request: IncomingMessage): MetadataResponse {
    // A proxy would pass the token on to its own clients.
    if (request.headers["x-forwarded-for"] !== undefined) return { status: 403 };
    const ttl = Number(request.headers[TTL] ?? "");
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > MAX_TTL) return { status: 400 };
    for (const [old, end] of sessions) if (end <= now()) sessions.delete(old);
    const token = randomBytes(40).toString("base64");
    sessions.set(token, now() + ttl * 1000);
    return { status: 200, body: token, ttl };
  }

  async function read(path: string): Promise<MetadataResponse> {
    const [version, ...names] = path.split("/").filter(Boolean);
    if (version === undefined) return { status: 200, body: VERSIONS.join("\n") };
    const leaf = VERSIONS.includes(version) ? find(tree, names) : undefined;
    if (leaf === undefined) return { status: 404 };
    if (typeof leaf === "function") return { status: 200, body: await leaf() };
    return { status: 200, body: leaf instanceof Map ? listing(leaf) : leaf };
  }

  async function respond(request: IncomingMessage): Promise<MetadataResponse> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (request.method === "PUT" && path === "/latest/api/token") return issue(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405 };
    const token = request.headers["x-aws-ec2-metadata-token"];
    if (token === undefined) return options.facts.tokensRequired ? { status: 401 } : read(path);
    const left = ((typeof token === "string" ? sessions.get(token) : undefined) ?? 0) - now();
    if (left <= 0) return { status: 401 };
    return { ttl: Math.ceil(left / 1000), ...(await read(path)) };
  }

  return createServer(async (request, response) => {
    const answer = await respond(request).catch((): MetadataResponse => ({ status: 500 }));
    const { status, body = "", ttl } = answer;
    const length = { "content-type": "text/plain", "content-length": Buffer.byteLength(body) };
    response.writeHead(status, { ...length, server: "EC2ws", ...defined({ [TTL]: ttl }) });
    response.end(body);
  });
}

function find(tree: Tree, names: readonly string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const name of names) at = at instanceof Map ? at.get(name) : undefined;
  return at;
}
