import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../../http/problem.js";
import { unauthorized } from "../../../http/problems.js";
import type { Route, RouteHandler } from "../../../http/routes/route.js";
import { RouteTable } from "../../../http/routes/route-table.js";
import { serveRoutes } from "../../../http/routes/serve-routes.js";
import { createListener } from "../../../http/server/listener.js";

type Access = "anyone" | "token";
const route = (path: string, access: Access, handle: RouteHandler<string>): Route<Access, RouteHandler<string>> => ({
  method: "GET",
  path,
  access,
  responses: {},
  handle,
});

const table = new RouteTable([
  route("/open", "anyone", ({ exchange, admitted }) => exchange.json(200, { admitted })),
  route("/closed/{id}", "token", async ({ exchange, params, admitted }) => exchange.json(200, { ...params, admitted })),
  route("/broken", "token", () => {
    throw new Problem(409, "broken", "Conflict");
  }),
  route("/old/broken", "anyone", async () => {
    throw new Problem(409, "broken", "Conflict");
  }),
]);

const labels: unknown[] = [];
const server = createServer(
  createListener(
    serveRoutes<Route<Access, RouteHandler<string>>, string>({
      table,
      normalize: (path) => path.replace(/(.)\/+$/, "$1"),
      admit: (exchange, match) => {
        if (match.kind === "route" && match.route.access === "anyone") return "nobody";
        if (exchange.req.headers.authorization !== "let me in") throw unauthorized();
        return Promise.resolve("somebody");
      },
      invoke: (call) => call.route.handle(call),
      refuse: (exchange, error, target) => {
        if (!target?.path.startsWith("/old/")) return exchange.problem(error as Problem);
        exchange.json(418, { old: (error as Problem).status });
      },
    }),
    (_entry, label) => labels.push(label),
  ),
);
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function ask(path: string, method = "GET", token = "let me in") {
  const reply = await fetch(base + path, { method, headers: { Authorization: token } });
  const text = await reply.text();
  return { status: reply.status, allow: reply.headers.get("allow"), body: text === "" ? undefined : JSON.parse(text) };
}

test("a handler gets the parameters of its path and what admit returned, at once or later", async () => {
  expect(await ask("/open")).toMatchObject({ status: 200, body: { admitted: "nobody" } });
  expect(await ask("/closed/7//")).toMatchObject({ status: 200, body: { id: "7", admitted: "somebody" } });
});

test.each(["/closed/7", "/none", "/closed/%zz"])("without a token, %s is 401", async (path) => {
  expect((await ask(path, "GET", "")).status).toBe(401);
  expect((await ask(path, "POST", "")).status).toBe(401);
});

test("unknown is 404, another method 405 with Allow, a broken escape 400", async () => {
  expect((await ask("/none")).status).toBe(404);
  expect(await ask("/open", "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
  expect((await ask("/closed/%zz")).status).toBe(400);
});

test("what a handler throws is answered in the form of the path's protocol", async () => {
  expect((await ask("/broken")).status).toBe(409);
  expect(await ask("/old/broken")).toMatchObject({ status: 418, body: { old: 409 } });
  expect((await ask("/old/none")).body).toEqual({ old: 404 });
});

test("the access log learns the label of the route, also of a request that was refused", async () => {
  labels.length = 0;
  await ask("/closed/7", "GET", "");
  await ask("/none");
  await expect.poll(() => labels).toEqual(["/closed/{id}", undefined]);
});
