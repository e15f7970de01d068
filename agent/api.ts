/** The routes that answer with a document. Files are elsewhere: they need the path as it was sent. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Static, Type } from "@sinclair/typebox";
import { fastify } from "fastify";
import { Problem } from "../http/problem.js";
import { internal, methodNotAllowed, notFound } from "../http/problems.js";
import { addressesUnknown } from "./problems.js";

const Directory = Type.Object({
  name: Type.String(),
  path: Type.String(),
  mode: Type.Union([Type.Literal("rw"), Type.Literal("ro")]),
});
export const Health = Type.Object({ status: Type.Literal("ok") });
export const Directories = Type.Object({ directories: Type.Array(Directory) });
export const Host = Type.Object({
  name: Type.String(),
  version: Type.String(),
  ssh_host_keys: Type.Array(Type.String()),
  directories: Type.Array(Directory),
});

export const IdleTime = Type.Object({
  idle_seconds: Type.Integer(),
  since: Type.String(),
  busy: Type.Object({
    jobs: Type.Integer(),
    transfers: Type.Integer(),
    logins: Type.Union([Type.Integer(), Type.Null()]),
  }),
  autostop: Type.Optional(
    Type.Object({
      idle_seconds: Type.Integer(),
      action: Type.Union([Type.Literal("stop"), Type.Literal("terminate")]),
      stops_in_seconds: Type.Integer(),
      ending: Type.Boolean(),
      error: Type.Optional(Type.String()),
    }),
  ),
});
export const Addresses = Type.Object({ ipAddresses: Type.Array(Type.String()) });

export interface ApiOptions {
  readonly directories: ReadonlyArray<Static<typeof Directory>>;
  /** Where given, the agent tells others from where this host is seen. A failure is 503: followers then change nothing. */
  readonly addresses?: () => Promise<string[]>;
  readonly idle: () => Promise<Static<typeof IdleTime>>;
  readonly host: () => Promise<Omit<Static<typeof Host>, "directories">>;
}

export interface Api {
  /** Answers a request whose url is a bare path. @param refuse is called with what has no answer here. */
  route(req: IncomingMessage, res: ServerResponse, refuse: (problem: Problem) => void): void;
}

const ADDRESSES_PATH = "/api/cluster/ip-addresses";

export async function createApi(options: ApiOptions): Promise<Api> {
  const app = fastify({ logger: false, forceCloseConnections: false });
  const refusals = new WeakMap<ServerResponse, (problem: Problem) => void>();
  const paths = new Set(["/healthz", "/v1/host", "/v1/files", "/v1/idle"]);
  const directories = options.directories.map(({ name, path, mode }) => ({ name, path, mode }));

  app.get("/healthz", { schema: { response: { 200: Health } } }, async () => ({ status: "ok" as const }));
  app.get("/v1/files", { schema: { response: { 200: Directories } } }, async () => ({ directories }));
  app.get("/v1/host", { schema: { response: { 200: Host } } }, async () => ({
    ...(await options.host()),
    directories,
  }));

  app.get("/v1/idle", { schema: { response: { 200: IdleTime } } }, async () => options.idle());

  const { addresses } = options;
  if (addresses !== undefined) {
    paths.add(ADDRESSES_PATH);
    app.get(ADDRESSES_PATH, { schema: { response: { 200: Addresses } } }, async () => ({
      ipAddresses: await addresses().catch((cause: unknown) => {
        throw addressesUnknown(cause);
      }),
    }));
  }

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
        return refuse(paths.has(req.url ?? "") ? methodNotAllowed("GET, HEAD") : notFound());
      }
      refusals.set(res, refuse);
      app.routing(req, res);
    },
  };
}
