import { Type } from "@sinclair/typebox";
import { describe, expect, test } from "vitest";
import type { Method, Route } from "../../../http/routes/route.js";
import { RouteTable } from "../../../http/routes/route-table.js";

const route = (method: Method, path: string, more: Partial<Route> = {}): Route => ({
  method,
  path,
  access: "anyone",
  responses: {},
  handle: `${method} ${path}`,
  ...more,
});

const table = new RouteTable([
  route("GET", "/"),
  route("GET", "/healthz"),
  route("POST", "/v1/jobs"),
  route("GET", "/v1/jobs"),
  route("GET", "/v1/jobs/{id}"),
  route("DELETE", "/v1/jobs/{id}"),
  route("GET", "/v1/jobs/{id}/events", { head: false }),
  route("GET", "/v1/files", { aliases: ["/v1/files/"] }),
  route("PUT", "/v1/files/{path...}"),
  route("GET", "/old/process/{id}/", {
    aliases: ["/old/process/{id}"],
    params: { id: Type.Integer() },
    metric: "/old/process",
  }),
]);

const handlerOf = (method: string, path: string) => {
  const match = table.find(method, path);
  return match.kind === "route" ? [match.route.handle, match.params] : match.kind;
};

describe("a path leads to its route", () => {
  test.each([
    ["GET", "/", "GET /", {}],
    ["GET", "/healthz", "GET /healthz", {}],
    ["POST", "/v1/jobs", "POST /v1/jobs", {}],
    ["GET", "/v1/jobs/7", "GET /v1/jobs/{id}", { id: "7" }],
    ["DELETE", "/v1/jobs/a%20b", "DELETE /v1/jobs/{id}", { id: "a b" }],
    ["GET", "/v1/jobs/a%2Fevents", "GET /v1/jobs/{id}", { id: "a/events" }],
    ["GET", "/v1/jobs/%2561", "GET /v1/jobs/{id}", { id: "%61" }],
    ["GET", "/v1/files/", "GET /v1/files", {}],
    ["PUT", "/v1/files/a//b%2f../", "PUT /v1/files/{path...}", { path: "a//b%2f../" }],
    ["PUT", "/v1/files/%zz", "PUT /v1/files/{path...}", { path: "%zz" }],
    ["GET", "/old/process/12", "GET /old/process/{id}/", { id: "12" }],
    ["GET", "/old/process/12/", "GET /old/process/{id}/", { id: "12" }],
  ])("%s %s", (method, path, handler, params) => {
    expect(handlerOf(method, path)).toEqual([handler, params]);
  });
});

test.each(["/v1/jobs/", "/healthz/", "/v1/jobs/7/x", "//healthz", "/V1/jobs", "/old/process/12x", "/old/process/%31x"])(
  "%s is unknown, whatever the method",
  (path) => {
    expect(handlerOf("GET", path)).toBe("unknown");
    expect(handlerOf("POST", path)).toBe("unknown");
  },
);

describe("an escaped letter is that letter", () => {
  test("in the fixed part of a path", () => {
    expect(handlerOf("GET", "/%68ealthz")).toEqual(["GET /healthz", {}]);
    expect(handlerOf("GET", "/v1/j%6fbs/a%2fb")).toEqual(["GET /v1/jobs/{id}", { id: "a/b" }]);
  });

  test("but not before the rest of a path, whose handler would cut the wrong beginning off", () => {
    expect(handlerOf("PUT", "/v1/%66iles/shared")).toBe("unknown");
  });

  test("and a broken escape is malformed, known path or not", () => {
    expect(handlerOf("GET", "/v1/jobs/%zz")).toBe("malformed");
    expect(handlerOf("GET", "/%ff")).toBe("malformed");
  });
});

describe("methods", () => {
  const allowOf = (path: string) => {
    const match = table.find("PATCH", path);
    return match.kind === "other-method" ? match.resource.allow : match.kind;
  };

  test.each([
    ["/v1/jobs", "POST, GET, HEAD"],
    ["/v1/jobs/7", "GET, HEAD, DELETE"],
    ["/v1/jobs/7/events", "GET"],
    ["/v1/files/x", "PUT"],
    ["/none", "unknown"],
  ])("%s allows %s", (path, allow) => {
    expect(allowOf(path)).toBe(allow);
  });

  test("GET answers HEAD too, unless the route says no", () => {
    expect(handlerOf("HEAD", "/v1/jobs")).toEqual(["GET /v1/jobs", {}]);
    expect(handlerOf("HEAD", "/v1/jobs/7/events")).toBe("other-method");
  });

  test("OPTIONS and made-up methods are methods like any other", () => {
    expect(handlerOf("OPTIONS", "/healthz")).toBe("other-method");
    expect(handlerOf("BREW", "/healthz")).toBe("other-method");
    expect(handlerOf("__proto__", "/healthz")).toBe("other-method");
  });

  test("one method of a path has one route", () => {
    expect(() => new RouteTable([route("GET", "/x"), route("GET", "/x")])).toThrow("two routes are GET /x");
  });
});

test("where trailing slashes do not count, one of them is ignored", () => {
  const lenient = new RouteTable([route("GET", "/v1/x/{id}")], { ignoreTrailingSlash: true });
  expect(lenient.find("GET", "/v1/x/7/")).toMatchObject({ kind: "route", params: { id: "7" } });
  expect(lenient.find("GET", "/v1/x/7//")).toMatchObject({ kind: "unknown" });
});

test.each([
  ["/v1/jobs/7", "/v1/jobs/{id}"],
  ["/v1/files/a/b", "/v1/files/{path}"],
  ["/v1/files/", "/v1/files"],
  ["/old/process/7", "/old/process"],
  ["/none", "other"],
  ["/%zz", "other"],
  ["*", "other"],
  ["", "other"],
])("metrics label %s as %s", (path, label) => {
  expect(table.labelOf(path)).toBe(label);
});
