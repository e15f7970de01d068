/** What the limits of requests to an upstream do to one that misbehaves. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { test as base, expect } from "vitest";
import { type FetchOptions, fetchUpstream, upstreamClient } from "../../../mirror/upstream/fetch.js";
import { UPSTREAM_LIMITS } from "../../../mirror/upstream/limits.js";

const LIMITS = { ...UPSTREAM_LIMITS, headersMs: 500, idleMs: 500 };

const test = base.extend<{ ask: (answer: RequestListener, userinfo?: string) => Promise<Buffer> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixture's dependencies from the pattern
  ask: async ({}, use) => {
    let answer: RequestListener = () => undefined;
    const server = createServer((req, res) => answer(req, res));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = upstreamClient(LIMITS);
    const options: FetchOptions = { client, upstream: "public:pypi", limits: LIMITS };
    await use(async (next, userinfo = "") => {
      answer = next;
      const { port } = server.address() as AddressInfo;
      return buffer((await fetchUpstream(new URL(`http://${userinfo}127.0.0.1:${port}/a%2Fb?c=%20`), options)).body);
    });
    client.close();
    server.closeAllConnections();
    server.close();
  },
});

test("a header that does not come in time", async ({ ask }) => {
  const error = { message: "the upstream public:pypi did not answer within 500 ms", down: true };
  await expect(ask(() => undefined)).rejects.toMatchObject(error);
});

test("a body that stops in the middle", async ({ ask }) => {
  const answer: RequestListener = (_req, res) => {
    res.writeHead(200, { "Content-Length": 100 });
    res.write("half");
  };
  await expect(ask(answer)).rejects.toMatchObject({ message: "the upstream public:pypi fell silent", down: true });
});

test("redirects are followed, up to a number, and never to another protocol", async ({ ask }) => {
  const redirect =
    (location: string): RequestListener =>
    (req, res) => {
      if (req.url === "/end") res.end("here");
      else res.writeHead(302, { Location: location }).end();
    };
  expect((await ask(redirect("/end"))).toString()).toBe("here");
  await expect(ask(redirect("/loop"))).rejects.toThrow("redirects too often");
  await expect(ask(redirect("file:///etc/passwd"))).rejects.toThrow("redirects to file: which is not followed");
  await expect(ask(redirect("http://["))).rejects.toThrow("redirects to nowhere");
});

test("credentials of the URL go to its own origin only, and its path as it is", async ({ ask }) => {
  const seen: unknown[] = [];
  const other = createServer((req, res) => {
    seen.push(req.headers.authorization);
    res.end();
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  await ask((req, res) => {
    seen.push(req.url, req.headers.authorization);
    res.writeHead(307, { Location: elsewhere }).end();
  }, "me:p%40ss@");
  other.closeAllConnections();
  other.close();
  const basic = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
  expect(seen).toEqual(["/a%2Fb?c=%20", basic, undefined]);
});
