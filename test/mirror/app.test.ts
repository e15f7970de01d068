/** What the route table makes of methods and paths: statuses, `Allow`, labels, and each protocol's own refusals. */
import {
  CreateDomainCommand,
  CreateRepositoryCommand,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-codeartifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestMirror, type TestMirror } from "./codeartifact/support/mirror.js";

let it: TestMirror;
let authorization: string;
beforeAll(async () => {
  it = await startTestMirror();
  const client = it.client();
  await client.send(new CreateDomainCommand({ domain: "tools" }));
  await client.send(new CreateRepositoryCommand({ domain: "tools", repository: "team" }));
  const { authorizationToken } = await client.send(new GetAuthorizationTokenCommand({ domain: "tools" }));
  authorization = `Bearer ${authorizationToken}`;
});
afterAll(() => it.stop());

const PYPI = "/d/tools-123456789012/pypi/team";
const NPM = "/d/tools-123456789012/npm/team";

const ask = (method: string, path: string, headers: Record<string, string> = { authorization }) =>
  fetch(it.mirror.url + path, { method, headers, redirect: "manual" });

describe("a method that a path does not have is 405, with those that it has", () => {
  test.each([
    ["POST", "/healthz", "GET, HEAD"],
    ["DELETE", "/readyz", "GET, HEAD"],
    ["PUT", "/metrics", "GET, HEAD"],
    ["GET", `${PYPI}/`, "POST"],
    ["GET", `${PYPI}/legacy/`, "POST"],
    ["GET", PYPI, "POST"],
    ["POST", `${PYPI}/simple/`, "GET, HEAD"],
    ["PUT", `${PYPI}/simple/foo/`, "GET, HEAD"],
    ["DELETE", `${PYPI}/simple/foo/1.0/foo-1.0.tar.gz`, "GET, HEAD"],
    ["DELETE", "/pypi/d/tools-123456789012/team/simple/foo/", "GET, HEAD"],
    ["DELETE", `${NPM}/foo`, "GET, HEAD, PUT"],
    ["DELETE", `${NPM}/@acme%2ffoo`, "GET, HEAD, PUT"],
    ["DELETE", `${NPM}/@acme/foo`, "GET, HEAD, PUT"],
    ["POST", `${NPM}/@acme/foo/-/foo-1.0.0.tgz`, "GET, HEAD"],
    ["POST", `${NPM}/-/package/@acme%2ffoo/dist-tags`, "GET, HEAD"],
    ["GET", `${NPM}/-/package/@acme/foo/dist-tags/next`, "PUT, POST, DELETE"],
  ])("%s %s", async (method, path, allow) => {
    const response = await ask(method, path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });
});

describe("what is not there", () => {
  test.each([
    ["GET", "/nothing", 404],
    ["GET", "/v1", 404],
    ["GET", "/%2fhealthz", 404],
    ["GET", "/d/tools-123456789012/maven/team/x", 404],
    ["GET", "/d/tools/pypi/team/simple/", 404],
    ["POST", "/d/tools/pypi/team/simple/", 404],
    ["GET", `${PYPI}/other`, 404],
    ["GET", `${PYPI}/simple/%zz/`, 404],
    ["GET", `${PYPI}/simple/foo/1.0/`, 404],
    ["GET", `${PYPI}/simple/foo/1.0/a/b`, 404],
    ["GET", `${NPM}/`, 404],
    ["GET", `${NPM}/-`, 404],
    ["GET", `${NPM}/-/all`, 404],
    ["GET", `${NPM}/@acme`, 404],
    ["GET", `${NPM}/foo/-/a/b`, 404],
  ])("%s %s", async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });
});

test("without a token no path of packages says whether it is there", async () => {
  for (const path of [`${PYPI}/simple/`, `${PYPI}/other`, `${NPM}/foo`, "/d/other-123456789012/pypi/team/"]) {
    expect((await ask("GET", path, {})).status).toBe(401);
    expect((await ask("DELETE", path, {})).status).toBe(401);
  }
});

test("npm's refusals carry the field that npm shows, pip's do not", async () => {
  for (const path of ["/foo", "/-/all", "/%zz"]) {
    const response = await ask("GET", NPM + path);
    const body = (await response.json()) as { detail: string; error: string };
    expect([response.headers.get("content-type"), body.error]).toEqual(["application/problem+json", body.detail]);
  }
  expect(await (await ask("GET", `${PYPI}/simple/foo/`)).json()).not.toHaveProperty("error");
  expect(await (await ask("GET", `${NPM}/foo`, {})).json()).not.toHaveProperty("error");
});

test("HEAD is answered like GET, without a body; operations of the API know no HEAD", async () => {
  for (const path of ["/healthz", `${PYPI}/simple/`, `${NPM}/-/ping`]) {
    const [head, get] = [await ask("HEAD", path), await ask("GET", path)];
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      get.headers.get("content-length"),
      "",
    ]);
  }
  expect((await ask("HEAD", "/v1/domain?domain=tools", {})).status).toBe(403);
});

test("a path has one of few labels in metrics", async () => {
  for (const path of ["/v1/domain", "/v1/nothing", "/nothing", "/d/tools-123456789012/maven/team/x"]) {
    await ask("GET", path);
  }
  await ask("GET", `${PYPI}/nothing`);
  await ask("GET", `${NPM}/@acme/foo/1.0.0`);
  const metrics = await (await ask("GET", "/metrics")).text();
  const labels = [...metrics.matchAll(/duration_seconds_count\{.*?route="([^"]*)"/g)].map(([, label]) => label);
  expect([...new Set(labels)].sort()).toEqual(expect.arrayContaining(["/healthz", "/v1", "npm", "other", "pypi"]));
  for (const label of labels)
    expect(["/healthz", "/readyz", "/metrics", "/v1", "npm", "other", "pypi"]).toContain(label);
});
