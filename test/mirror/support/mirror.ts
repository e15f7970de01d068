/** The packages behind a small server of their own: `/FORMAT/REPOSITORY/…`, one domain, everybody may do all. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { notFound } from "../../../http/problems.js";
import { RouteTable } from "../../../http/routes/route-table.js";
import { serveRoutes, unroutedProblem } from "../../../http/routes/serve-routes.js";
import { LIMITS } from "../../../http/server/limits.js";
import { createListener, type Handle } from "../../../http/server/listener.js";
import { npmPath } from "../../../mirror/npm/npm-path.js";
import { PACKAGE_FORMATS, type PackageFormat } from "../../../mirror/package-format.js";
import type { PackageRequest, PackageRoute, Packages, RepositoryNode } from "../../../mirror/resolve/contract.js";
import { openPackages } from "../../../mirror/resolve/open-packages.js";
import { answerPackage, inFormOf, refusePackage, routesAt } from "../../../mirror/resolve/package-routes.js";
import type { UpstreamLimits } from "../../../mirror/upstream/limits.js";

const DOMAIN = "tests";

export interface Layout {
  /** By name: its upstreams, and its connection. */
  readonly [repository: string]: { readonly upstreams?: readonly string[]; readonly connection?: string };
}

/** A team's repository above a store with the connection. */
export const teamOver = (connection: string): Layout => ({ team: { upstreams: ["store"] }, store: { connection } });

export class TestMirror {
  readonly nodes = new Map<string, RepositoryNode>();
  packages!: Packages;
  #close: () => Promise<void> = async () => undefined;
  port = 0;

  private constructor(
    readonly dir: string,
    private readonly connections: Readonly<Record<string, string>>,
    private readonly limits: Partial<UpstreamLimits>,
  ) {}

  static async start(
    layout: Layout,
    connections: Readonly<Record<string, string>>,
    limits: Partial<UpstreamLimits> = {},
    dir = mkdtempSync(join(tmpdir(), "sallyport-mirror-")),
    port = 0,
  ): Promise<TestMirror> {
    const mirror = new TestMirror(dir, connections, limits);
    mirror.port = port;
    let count = 0;
    for (const [name, { upstreams = [], connection }] of Object.entries(layout)) {
      const id = `00000000-0000-4000-8000-${String(count++).padStart(12, "0")}`;
      const externalConnections = connection === undefined ? [] : [connection];
      mirror.nodes.set(name, { id, domain: DOMAIN, name, upstreams, externalConnections });
    }
    mkdirSync(join(dir, "packages"), { recursive: true, mode: 0o700 });
    await mirror.open();
    return mirror;
  }

  /** Opens it, or opens it again after `stop`. */
  async open(): Promise<void> {
    const log = pino({ level: "silent" });
    this.packages = await openPackages({
      dir: join(this.dir, "packages"),
      repositories: {
        find: (_domain, name) => this.nodes.get(name),
        ids: () => [...this.nodes.values()].map(({ id }) => id),
      },
      connections: this.connections,
      log,
      limits: this.limits,
    } as Parameters<typeof openPackages>[0]);
    const listener = createListener(this.#handle(), () => undefined, { ...LIMITS, minBodyRate: 0 });
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", () => resolve()));
    this.port = (server.address() as AddressInfo).port;
    this.#close = async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await this.packages.close();
    };
  }

  #handle(): Handle {
    const table = new RouteTable(
      PACKAGE_FORMATS.flatMap((format) => routesAt(this.packages.routes[format], [`/${format}/{repository}`])),
    );
    return serveRoutes<PackageRoute, PackageRequest>({
      table,
      normalize: (path) => path.replace(/^(\/npm\/[^/]+)(\/.*)$/, (_all, prefix, rest) => prefix + npmPath(rest)),
      admit: (_exchange, _match, target) => {
        const [prefix = "", , name = ""] = /^\/(pypi|npm)\/([^/]+)/.exec(target?.path ?? "") ?? [];
        const repository = this.nodes.get(name);
        if (repository === undefined) throw notFound();
        return { repository, base: `http://127.0.0.1:${this.port}${prefix}/` };
      },
      invoke: ({ exchange, route, params, admitted: request }) => answerPackage(route, { exchange, params, request }),
      unrouted: (match, target) =>
        inFormOf(target?.path.startsWith("/npm/") === true ? "npm" : "pypi", unroutedProblem(match)),
      refuse: refusePackage,
    });
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  node(name: string): RepositoryNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no repository ${name}`);
    return node;
  }

  set(name: string, change: Partial<RepositoryNode>): void {
    this.nodes.set(name, { ...this.node(name), ...change });
  }

  url(repository: string, path: string, format: PackageFormat = "pypi"): string {
    return `http://127.0.0.1:${this.port}/${format}/${repository}/${path}`;
  }

  get(repository: string, path: string, headers: Record<string, string> = {}, format: PackageFormat = "pypi") {
    return fetch(this.url(repository, path, format), { headers, redirect: "manual" });
  }
}
