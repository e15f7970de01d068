/** The routes about the host and the agent itself. None of them keeps the host awake. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { METRICS_TYPE } from "../../base/prometheus.js";
import type { RouteHandler } from "../../http/routes/route.js";
import { addressesUnknown } from "../problems.js";
import type { AgentRoute } from "../route.js";
import {
  AddressesSchema,
  type DirectoriesSchema,
  HealthSchema,
  HostSchema,
  IdleTimeSchema,
  StatusSchema,
  VersionSchema,
} from "./schemas.js";

type Host = Static<typeof HostSchema>;

export interface AboutOptions {
  readonly name: string;
  readonly version: string;
  readonly isReady: () => boolean;
  readonly metrics: () => string;
  /** The OpenAPI document. */
  readonly openapi: () => object;
  readonly directories: Static<typeof DirectoriesSchema>["directories"];
  readonly sshHostKeys: () => Promise<Host["ssh_host_keys"]>;
  readonly idle: () => Promise<Static<typeof IdleTimeSchema>>;
  /** The addresses from which this host is seen, where the agent serves them. Where it fails, followers change nothing. */
  readonly addresses: (() => Promise<string[]>) | undefined;
}

const NO_STORE = { "Cache-Control": "no-store" };
/** These routes always named the charset, though JSON needs none. */
const DOCUMENT = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache" };

export function aboutRoutes(options: AboutOptions): AgentRoute[] {
  const { name, version, directories, addresses } = options;
  const get = (path: string, summary: string, handle: RouteHandler, more: Partial<AgentRoute>): AgentRoute => ({
    method: "GET",
    path,
    summary,
    access: "token",
    isUse: false,
    responses: {},
    ...more,
    handle,
  });
  const document = (path: string, summary: string, description: string, schema: TSchema, value: () => unknown) =>
    get(path, summary, async ({ exchange }) => exchange.json(200, await value(), DOCUMENT), {
      responses: { 200: { description, schema } },
    });

  return [
    get("/healthz", "Is the agent alive?", ({ exchange }) => exchange.json(200, { status: "ok" }, DOCUMENT), {
      access: "anyone",
      responses: { 200: { description: "Yes.", schema: HealthSchema } },
    }),
    get(
      "/readyz",
      "Does the agent accept work?",
      ({ exchange }) => {
        const ready = options.isReady();
        exchange.json(ready ? 200 : 503, { status: ready ? "ready" : "stopping" }, NO_STORE);
      },
      {
        access: "anyone",
        responses: {
          200: { description: "Yes.", schema: StatusSchema },
          503: { description: "Not now.", schema: StatusSchema },
        },
      },
    ),
    get(
      "/version",
      "The agent's version",
      ({ exchange }) => exchange.json(200, { name, version, node: process.versions.node }, NO_STORE),
      { responses: { 200: { description: "Names, versions.", schema: VersionSchema } } },
    ),
    get(
      "/metrics",
      "Metrics",
      ({ exchange }) => exchange.answer(200, { "Content-Type": METRICS_TYPE, ...NO_STORE }, options.metrics()),
      { responses: { 200: { description: "For Prometheus.", content: { "text/plain": Type.String() } } } },
    ),
    get(
      "/openapi.json",
      "This document",
      ({ exchange }) => exchange.json(200, options.openapi(), { "Cache-Control": "no-cache" }),
      { responses: { 200: { description: "OpenAPI 3.1.", schema: Type.Object({}) } } },
    ),
    document("/v1/host", "The host", "Name, SSH host keys, directories.", HostSchema, async () => {
      const host: Host = { name, version, ssh_host_keys: await options.sshHostKeys(), directories };
      return host;
    }),
    document(
      "/v1/idle",
      "How long the host has been idle",
      "The idle time, and what keeps the host busy.",
      IdleTimeSchema,
      options.idle,
    ),
    ...(addresses === undefined
      ? []
      : [
          document(
            "/api/cluster/ip-addresses",
            "The addresses from which this host is seen",
            "Its public addresses.",
            AddressesSchema,
            async () => ({
              ipAddresses: await addresses().catch((cause: unknown) => {
                throw addressesUnknown(cause);
              }),
            }),
          ),
        ]),
  ];
}
