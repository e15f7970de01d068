/** The routes that answer with a document. Files are elsewhere: they need the path as it was sent. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Static, Type } from "@sinclair/typebox";
import { fastify } from "fastify";
import { Problem } from "../http/problem.js";
import { internal, methodNotAllowed, notFound } from "../http/problems.js";

const Directory = Type.Object({
  name: Type.String(),
  path: Type.String(),
  mode: Type.Union([Type.Literal("rw"), Type.Literal("ro")]),
});
const Health = Type.Object({ status: Type.Literal("ok") });
const Directories = Type.Object({ directories: Type.Array(Directory) });
const Host = Type.Object({
  name: Type.String(),
  version: Type.String(),
  ssh_host_keys: Type.Array(Type.String()),
  directories: Type.Array(Directory),
});

export interface ApiOptions {
  readonly directories: ReadonlyArray<Static<typeof Directory>>;
  readonly host: () => Promise<Omit<Static<typeof Host>, "directories">>;
}

export interface Api {
  /** Answers a request whose url is a bare path. @param refuse is called with what has no answer here. */
  route(req: IncomingMessage, res: ServerResponse, refuse: (problem: Problem) => void): void;
}

const PATHS = new Set(["/healthz", "/v1/host", "/v1/files"]);

export async function createApi(options: ApiOptions): Promise<Api> {
  const app = fastify({ logger: false, forceCloseConnections: false });
  const refusals = new WeakMap<ServerResponse, (problem: Problem) => void>();
  const directories = options.directories.map(({ name, path, mode }) => ({ name, path, mode }));

  app.get("/healthz", { schema: { response: { 200: Health } } }, async () => ({ status: "ok" as const }));
  app.get("/v1/files", { schema: { response: { 200: Directories } } }, async () => ({ directories }));
  app.get("/v1/host", { schema: { response: { 200: Host } } }, async () => ({
    ...(await options.host()),
    directories,
  }));

  app.setNotFoundHandler((_request, reply) => {
    reply.hijack();
    refusals.get(reply.raw)?.(notFound());
  });
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack();
    refusals.get(reply.raw)?.(error instanceof Problem ? error : internal(error));
  });
  await app.ready();

  return {
    route(req, res, refuse) {
      // Before the framework reads a body that nobody wants.
      if (req.method !== "GET" && req.method !== "HEAD") {
        return refuse(PATHS.has(req.url ?? "") ? methodNotAllowed("GET, HEAD") : notFound());
      }
      refusals.set(res, refuse);
      app.routing(req, res);
    },
  };
}
