/** What a login sends to AWS, seen by a server in AWS's place. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runInProcess } from "../../support/run-cli.js";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-mirror-"));
  // The AWS SDK reads the environment of its process.
  const own = { HOME: home, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  for (const [name, value] of Object.entries(own)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

test("P-14 --duration 0 is sent", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const grant = { authorizationToken: "t", expiration: Date.now() / 1000 + 900 };
    const isToken = request.url?.startsWith("/v1/authorization-token");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isToken ? grant : { repositoryEndpoint: "http://127.0.0.1:9/pypi/team/" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const repository = ["--domain", "tools", "--repository", "team", "--region", "eu-west-1", "--endpoint-url", url];
  const { code, stderr } = await runInProcess(["mirror", "login", "--tool", "pip", ...repository, "--duration", "0"], {
    env: { HOME: home },
    cwd: home,
  });
  server.closeAllConnections();
  server.close();
  expect([code, stderr]).toEqual([0, ""]);
  expect(asked).toContain("POST /v1/authorization-token?domain=tools&duration=0");
});
