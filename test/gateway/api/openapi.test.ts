/** The route table and its document, without a gateway behind them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../base/tools.js";
import { gatewayDocument } from "../../../gateway/api/openapi.js";
import { RouteTable } from "../../../http/routes/route-table.js";
import { gatewayRoutes as routes } from "../support/routes.js";

interface Documented {
  readonly operationId: string;
  readonly security: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string }>;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Documented>>>>;

test("the document has every route, with its access, its parameters and its answers", () => {
  const { paths } = gatewayDocument("test", routes) as { paths: Paths };
  const lines = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, security, parameters = [], responses }]) =>
      [
        `${method.toUpperCase()} ${path}`,
        operationId,
        security.map((each) => Object.keys(each).join() || "none").join("|"),
        parameters.map(({ name, in: place }) => `${place}:${name}`).join(","),
        Object.keys(responses).join(),
      ].join(" "),
    ),
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "POST /v1/forwards postV1Forwards bearer|vlab header:Idempotency-Key 200,201,401,403,409,422,4XX,5XX",
      "GET /v1/forwards getV1Forwards bearer|vlab query:owner,query:target_name,query:target_addr,query:target_component,query:target_port,query:conn_port,query:limit,query:cursor 200,401,403,4XX,5XX",
      "GET /v1/forwards/{conn_port} getV1ForwardsConnPort bearer|vlab path:conn_port 200,401,403,404,4XX,5XX",
      "DELETE /v1/forwards/{conn_port} deleteV1ForwardsConnPort bearer|vlab path:conn_port 204,401,403,404,4XX,5XX",
      "GET /v1/machines getV1Machines bearer|vlab  200,401,403,4XX,5XX",
      "GET /v1/machines/{addr} getV1MachinesAddr bearer|vlab path:addr,query:since 200,401,403,404,4XX,5XX",
      "GET /v1/usage getV1Usage bearer|vlab query:since,query:conn_port,query:target_addr,query:owner 200,401,403,4XX,5XX",
      "GET /v1/whoami getV1Whoami bearer|vlab  200,401,403,4XX,5XX",
      "POST /api/1/ipam/portmap postApi1IpamPortmap bearer|vlab header:Idempotency-Key 200,401,403,4XX,5XX",
      "GET /api/1/ipam/portmap getApi1IpamPortmap bearer|vlab  200,401,403,4XX,5XX",
      "DELETE /api/1/ipam/portmap deleteApi1IpamPortmap bearer|vlab  200,401,403,4XX,5XX",
      "GET /api/1/ipam/addr getApi1IpamAddr bearer|vlab  200,401,403,4XX,5XX",
      "GET /api/1/ipam/healthcheck getApi1IpamHealthcheck bearer|vlab|none  200,401,403,500,4XX,5XX",
      "POST /v1/sign-in postV1SignIn bearer|vlab header:Idempotency-Key 201,401,403,4XX,5XX",
      "POST /v1/sign-in/redeem postV1SignInRedeem  header:Idempotency-Key 200,410,4XX,5XX",
      "GET /healthz getHealthz   200,4XX,5XX",
      "GET /readyz getReadyz   200,503,4XX,5XX",
      "GET /metrics getMetrics bearer|vlab  200,401,403,4XX,5XX",
      "GET /openapi.json getOpenapiJson   200,4XX,5XX",
      "GET /docs getDocs   200,4XX,5XX",
    ]
  `);
});

test("an error is a problem", () => {
  const { paths } = gatewayDocument("test", routes) as { paths: Paths };
  const conflict = paths["/v1/forwards"]?.post?.responses["409"];
  expect(JSON.parse(JSON.stringify(conflict?.content))).toEqual({
    "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
  });
});

test("metrics know a path by its route, and by no name that a client chose", () => {
  const table = new RouteTable(routes, { ignoreTrailingSlash: true });
  const labels = ["/v1/forwards", "/v1/forwards/50000", "/v1/machines/192.168.1.5/", "/api/1/ipam/portmap", "/x", "/"];
  expect(labels.map((path) => table.labelOf(path))).toEqual([
    "/v1/forwards",
    "/v1/forwards/:conn_port",
    "/v1/machines/:addr",
    "/api/1/ipam/portmap",
    "other",
    "other",
  ]);
});

test("G-14: vLab's inventory is no route of the gateway, and the page names the commands that need it", () => {
  const { paths } = gatewayDocument("test", routes) as { paths: Paths };
  const served = Object.keys(paths).filter((path) => path.startsWith("/api/1/"));
  expect(served.sort()).toEqual(["/api/1/ipam/addr", "/api/1/ipam/healthcheck", "/api/1/ipam/portmap"]);
  const page = readFileSync(join(packageRoot, "docs/reference/gateway.md"), "utf8").replaceAll("\n", " ");
  expect(page).toContain("needs vLab's server in front of the gateway for `create`, `delete` and `status`");
});
