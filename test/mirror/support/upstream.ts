/** A real index over HTTP that the tests can make slow, wrong, silent, or take away: pip's (PEP 503, 691) and npm's. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../../base/defined.js";
import type { File } from "./wheels.js";

export interface Listed extends File {
  readonly yanked?: string;
  /** The SHA-256 that the index says, where it is not the true one. */
  readonly claims?: string;
}

/** @returns whether it has answered. */
export type Trouble = (
  req: IncomingMessage,
  res: ServerResponse,
  content: Buffer | undefined,
) => boolean | Promise<boolean>;

export class Upstream {
  readonly requests: string[] = [];
  readonly projects = new Map<string, Listed[]>();
  readonly packages = new Map<string, { readonly manifest: Record<string, unknown>; readonly file: File }[]>();
  readonly tags = new Map<string, Record<string, string>>();
  /** Asked first. */
  trouble: Trouble = () => false;
  html = false;
  /** In front of each index. */
  mark = "";
  withMetadata = true;
  withHashes = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor() {
    this.#server = createServer((req, res) => void this.#answer(req, res).catch(() => res.destroy()));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    await upstream.resume();
    return upstream;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/simple/`;
  }

  get registry(): string {
    return `http://127.0.0.1:${this.#port}/npm/`;
  }

  add(project: string, ...files: Listed[]): void {
    this.projects.set(project, [...(this.projects.get(project) ?? []), ...files]);
  }

  publish(manifest: Record<string, unknown>, file: File): void {
    const name = String(manifest.name);
    this.packages.set(name, [...(this.packages.get(name) ?? []), { manifest, file }]);
    this.tags.set(name, { latest: String(manifest.version), ...this.tags.get(name) });
  }

  /** Nothing listens any more, and no connection is left. */
  async lose(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Listens, where it did before. */
  async resume(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", () => resolve()));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  count(part: string): number {
    return this.requests.filter((request) => request.includes(part)).length;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = decodeURIComponent((req.url ?? "").replace(/\?.*/, ""));
    this.requests.push(`${req.method} ${path}`);
    const content = this.#contentOf(path);
    if (await this.trouble(req, res, content)) return;
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    if (project !== undefined && this.projects.has(project)) return this.#page(project, req, res);
    const name = /^\/npm\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (name !== undefined && this.packages.has(name)) return this.#packument(name, req, res);
    if (content === undefined) {
      res.writeHead(404).end();
      return;
    }
    res.writeHead(200, { "Content-Length": content.length }).end(content);
  }

  #contentOf(path: string): Buffer | undefined {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path.startsWith("/files/")) {
      for (const file of [...this.projects.values()].flat()) {
        if (file.name === name) return file.content;
        if (`${file.name}.metadata` === name) return file.metadata;
      }
    }
    if (path.startsWith("/tarballs/")) {
      return [...this.packages.values()].flat().find(({ file }) => file.name === name)?.file.content;
    }
    return undefined;
  }

  #page(project: string, req: IncomingMessage, res: ServerResponse): void {
    const files = this.projects.get(project) ?? [];
    const hashOf = (file: Listed) => file.claims ?? file.sha256;
    const metadataOf = (file: Listed) =>
      createHash("sha256")
        .update(file.metadata ?? "")
        .digest("hex");
    const body = this.html
      ? `<!DOCTYPE html><html><body>${files
          .map((file) => {
            const hash = this.withHashes ? `#sha256=${hashOf(file)}` : "";
            const metadata =
              this.withMetadata && file.metadata !== undefined
                ? ` data-dist-info-metadata="sha256=${metadataOf(file)}"`
                : "";
            const python = (file.requiresPython ?? "").replaceAll(">", "&gt;").replaceAll("<", "&lt;");
            const requires = python === "" ? "" : ` data-requires-python="${python}"`;
            const yanked = file.yanked === undefined ? "" : ` data-yanked="${file.yanked}"`;
            return `<a href="../../files/${file.name}${hash}"${requires}${metadata}${yanked}>${file.name}</a>`;
          })
          .join("\n")}</body></html>`
      : JSON.stringify({
          meta: { "api-version": "1.1" },
          name: project,
          files: files.map((file) =>
            defined({
              filename: file.name,
              url: `../../files/${file.name}`,
              hashes: this.withHashes ? { sha256: hashOf(file) } : {},
              size: file.content.length,
              "requires-python": file.requiresPython,
              "core-metadata":
                this.withMetadata && file.metadata !== undefined ? { sha256: metadataOf(file) } : undefined,
              yanked: file.yanked === undefined ? undefined : file.yanked === "" ? true : file.yanked,
            }),
          ),
        });
    send(req, res, this.mark + body, this.html ? "text/html" : "application/vnd.pypi.simple.v1+json");
  }

  #packument(name: string, req: IncomingMessage, res: ServerResponse): void {
    const versions = (this.packages.get(name) ?? []).map(({ manifest, file }) => {
      const dist = {
        // At the address by which it was asked: a test may show it in another network.
        tarball: `http://${req.headers.host}/tarballs/${file.name}`,
        shasum: createHash("sha1").update(file.content).digest("hex"),
        integrity: `sha512-${createHash("sha512").update(file.content).digest("base64")}`,
      };
      return [String(manifest.version), { ...manifest, dist }] as const;
    });
    const body = { name, "dist-tags": this.tags.get(name) ?? {}, versions: Object.fromEntries(versions), readme: "…" };
    send(req, res, this.mark + JSON.stringify(body), "application/json");
  }
}

function send(req: IncomingMessage, res: ServerResponse, body: string, type: string): void {
  const etag = `"${createHash("md5").update(body).digest("hex")}"`;
  if (req.headers["if-none-match"] === etag) {
    res.writeHead(304, { ETag: etag }).end();
    return;
  }
  res.writeHead(200, { "Content-Type": type, ETag: etag }).end(body);
}

/** The ways in which an upstream sends a file wrongly. */
export const troubles = {
  /** As announced, but it ends in the middle. */
  cut: async (_req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(200, { "Content-Length": content.length });
    res.write(content.subarray(0, content.length >> 1));
    await sleep(20);
    res.destroy();
    return true;
  },
  /** Ends in the middle as if that were the end. */
  short: (_req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(200, {}).end(content.subarray(0, content.length >> 1));
    return true;
  },
  /** One byte is another. */
  corrupt: (_req, res, content) => {
    if (content === undefined) return false;
    const wrong = Buffer.from(content);
    wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] ?? 0) ^ 1;
    res.writeHead(200, { "Content-Length": wrong.length }).end(wrong);
    return true;
  },
  /** Says nothing at all. */
  silent: async (_req, res) => {
    await new Promise<void>((resolve) => res.once("close", () => resolve()));
    return true;
  },
  error: (_req, res) => {
    res.writeHead(503).end();
    return true;
  },
  /** Some bytes now and then. */
  trickle: async (_req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(200, { "Content-Length": content.length });
    for (let at = 0; at < content.length && !res.closed; at++) {
      res.write(content.subarray(at, at + 1));
      await sleep(40);
    }
    return true;
  },
  /** Never ends. */
  endless: (_req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(200, {});
    const chunk = Buffer.alloc(64 * 1024);
    const more = () => {
      while (!res.closed && res.write(chunk));
      if (!res.closed) res.once("drain", more);
    };
    more();
    return true;
  },
  redirecting: (req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(302, { Location: `${req.url}?again` }).end();
    return true;
  },
} satisfies Record<string, Trouble>;
