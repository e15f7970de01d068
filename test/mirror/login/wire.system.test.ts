/** What goes to AWS, seen by something that stands where AWS would. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sallyport } from "../../support/cli.js";

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
  const home = await mkdtemp(join(tmpdir(), "sallyport-mirror-"));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = ["--domain", "tools", "--repository", "team", "--region", "eu-west-1", "--endpoint-url", url];
  const env = { HOME: home, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const { code } = await sallyport(["mirror", "login", "--tool", "pip", ...target, "--duration", "0"], {
    env,
    timeout: 60_000,
  });
  server.close();
  await rm(home, { recursive: true });
  expect(code).toBe(0);
  expect(asked).toContain("POST /v1/authorization-token?domain=tools&duration=0");
});
