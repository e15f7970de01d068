import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { issueCertificate } from "../../../certs/issue.js";
import { basic, bearer } from "../../../firewall/sources/authorization.js";
import { type FetchOptions, fetchDocument } from "../../../firewall/sources/fetch-document.js";
import { faultText } from "../../support/fault-text.js";
import { type ListServer, type Responder, say, startListServer } from "../../support/list-server.js";

const servers: ListServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: Responder, pair?: { cert: string; key: string }): Promise<ListServer> {
  const server = await startListServer(answer, pair);
  servers.push(server);
  return server;
}

const get = (url: string, options: Partial<FetchOptions> = {}) => fetchDocument(url, { name: "json:x", ...options });

test("the whole body comes back, as UTF-8 without its byte order mark", async () => {
  const server = await serve(say('\ufeff["101.2.3.4"] é'));
  expect(await get(`${server.url}/l`)).toBe('["101.2.3.4"] é');
});

test("credentials go into the header, and nowhere without being asked for", async () => {
  const server = await serve(say("[]"));
  await get(`${server.url}/a`);
  await get(`${server.url}/b`, { authorization: bearer("s3cret~Token\n", "the token") });
  await get(`${server.url}/c`, { authorization: basic("ada:pässword: x \n", "the file") });
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([
    undefined,
    "Bearer s3cret~Token",
    `Basic ${Buffer.from("ada:pässword: x ").toString("base64")}`,
  ]);
});

test.each([
  [
    () => bearer("two words", "SALLYPORT_SOURCE_TOKEN"),
    "SALLYPORT_SOURCE_TOKEN cannot be sent as a header\n  it has to be a token of letters, digits and ._~+/-, on one line (exit 2)",
  ],
  [
    () => bearer("a\r\nX-Evil: 1", "the file"),
    "the file cannot be sent as a header\n  it has to be a token of letters, digits and ._~+/-, on one line (exit 2)",
  ],
  [
    () => basic("nobody", "the file"),
    "the file cannot be sent as a header\n  it has to be user:password, on one line (exit 2)",
  ],
  [
    () => basic("a:b\nc:d", "the file"),
    "the file cannot be sent as a header\n  it has to be user:password, on one line (exit 2)",
  ],
])("credentials that are none are refused, and never shown", async (make, text) => {
  expect(await faultText(make)).toBe(text);
});

describe("F-08: an answer that is not the list is a refusal", () => {
  test.each([
    [
      401,
      '"json:x" answered with status 401\n  nothing was changed; name a file with the credentials: --token-file FILE or --basic-file FILE (exit 1)',
    ],
    [404, '"json:x" answered with status 404\n  nothing was changed (exit 1)'],
    [500, '"json:x" answered with status 500\n  nothing was changed (exit 1)'],
    [204, '"json:x" answered with status 204\n  nothing was changed (exit 1)'],
    [206, '"json:x" answered with status 206\n  nothing was changed (exit 1)'],
  ])("status %d, whatever the body says", async (status, text) => {
    const server = await serve(say('["101.2.3.4"]', status));
    expect(await faultText(get(server.url))).toBe(text);
  });

  test("a body that ends before its announced length", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write('["101.2.3.4"]', () => response.destroy());
    });
    expect(await faultText(get(server.url))).toBe(
      'cannot read "json:x": the connection was cut off\n  nothing was changed (exit 1)',
    );
  });

  test("a chunked body that is cut off between two chunks", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200);
      response.write('["101.2.3.4"]', () => response.destroy());
    });
    expect(await faultText(get(server.url))).toBe(
      'cannot read "json:x": the connection was cut off\n  nothing was changed (exit 1)',
    );
  });

  test("a body without end", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(64 * 1024)));
        response.once("drain", more);
      };
      more();
    });
    expect(await faultText(get(server.url))).toBe(
      '"json:x" is larger than 1048576 bytes, which no list of addresses is\n  nothing was changed (exit 1)',
    );
  });

  test("silence, before the header and in the middle of the body", async () => {
    const mute = await serve(() => {});
    const slow = await serve((_, response) => {
      response.writeHead(200);
      response.write("[");
    });
    for (const { url } of [mute, slow]) {
      expect(await faultText(get(url, { timeoutMs: 200 }))).toBe(
        'cannot read "json:x": no answer within 0.2 s\n  nothing was changed (exit 1)',
      );
    }
  });

  test("a compressed body that nobody asked for, and one that is not UTF-8", async () => {
    const zipped = await serve(say("\u001f", 200, { "content-encoding": "gzip" }));
    expect(await faultText(get(zipped.url))).toBe(
      '"json:x" answered in the encoding "gzip", which was not asked for\n  nothing was changed (exit 1)',
    );
    const latin = await serve((_, response) => response.writeHead(200).end(Buffer.from([0x5b, 0xe9, 0x5d])));
    expect(await faultText(get(latin.url))).toBe('"json:x" is not UTF-8 text\n  nothing was changed (exit 1)');
  });

  test("a port where nobody listens, and one that speaks no HTTP", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await faultText(get(`http://127.0.0.1:${port}/`))).toBe(
      'cannot read "json:x": connection refused\n  nothing was changed (exit 1)',
    );
    const babble = createServer(
      (socket) =>
        void socket
          .resume()
          .on("error", () => {})
          .end("SSH-2.0-OpenSSH_9.2\r\n"),
    );
    onTestFinished(() => new Promise<void>((resolve) => babble.close(() => resolve())));
    await new Promise<void>((resolve) => babble.listen(0, "127.0.0.1", resolve));
    expect(await faultText(get(`http://127.0.0.1:${(babble.address() as AddressInfo).port}/`))).toMatch(
      /^cannot read "json:x": Parse Error: .*\n {2}nothing was changed \(exit 1\)$/,
    );
  });

  test("who gives up is told so, not that the source failed", async () => {
    const mute = await serve(() => {});
    const abort = new AbortController();
    const waiting = get(mute.url, { signal: abort.signal });
    abort.abort(new Error("ended by SIGTERM"));
    await expect(waiting).rejects.toThrow("ended by SIGTERM");
  });
});

describe("a redirect", () => {
  test("to another path of the same server is followed, with the credentials", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/new") response.end("[]");
      else response.writeHead(308, { location: "/new" }).end();
    });
    expect(await get(`${server.url}/old`, { authorization: "Bearer x" })).toBe("[]");
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(["Bearer x", "Bearer x"]);
  });

  test("to somebody else is refused, and they learn nothing", async () => {
    const other = await serve(say('["6.6.6.6"]'));
    const server = await serve(say("", 302, { location: `${other.url}/list` }));
    expect(await faultText(get(server.url, { authorization: "Bearer s3cret" }))).toBe(
      `"json:x" sends us on to "${other.url}/list"\n  nothing was changed; if that is right, name that address as the source (exit 1)`,
    );
    expect(other.requests).toEqual([]);
  });

  test.each([
    "http://example.com/",
    "//evil.example/",
    "file:///etc/passwd",
    "http://a:b@127.0.0.1/",
    "https://[",
    "javascript:1",
  ])("to %s is refused", async (location) => {
    const server = await serve(say("", 301, { location }));
    expect(await faultText(get(server.url))).toMatch(/^"json:x" sends us on to /);
  });

  test("in a circle ends", async () => {
    const server = await serve(say("", 307, { location: "/again" }));
    expect(await faultText(get(server.url))).toBe('"json:x" sent us on 4 times\n  nothing was changed (exit 1)');
    expect(server.requests).toHaveLength(4);
  });
});

describe("over HTTPS", () => {
  let wildcard: { cert: string; key: string };
  let named: { cert: string; key: string };
  let other: { cert: string; key: string };
  beforeAll(async () => {
    [wildcard, named, other] = await Promise.all([
      issueCertificate({ commonName: "sallyport" }),
      issueCertificate({ commonName: "named", names: ["127.0.0.1"] }),
      issueCertificate({ commonName: "other", names: ["other.example"] }),
    ]);
  });

  test("a certificate that no authority knows is refused, also where the environment would have it", async () => {
    const server = await serve(say("[]"), wildcard);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    expect(await faultText(get(server.url))).toBe(
      'cannot read "json:x": its certificate is signed by itself; name it with --source-cert FILE to trust it\n  nothing was changed (exit 1)',
    );
    expect(server.requests).toEqual([]);
  });

  test("the deployment's own wildcard certificate is known by what it is", async () => {
    const server = await serve(say("[]"), wildcard);
    expect(await get(server.url, { certificate: wildcard.cert })).toBe("[]");
  });

  test("a named certificate has to be for this server", async () => {
    expect(await get((await serve(say("[]"), named)).url, { certificate: named.cert })).toBe("[]");
    expect(await faultText(get((await serve(say("[]"), other)).url, { certificate: other.cert }))).toBe(
      'cannot read "json:x": its certificate is for another name\n  nothing was changed (exit 1)',
    );
  });

  test("another certificate than the given one is refused, though it is for the same names", async () => {
    const forged = await issueCertificate({ commonName: "sallyport" });
    const server = await serve(say('["6.6.6.6"]'), forged);
    expect(await faultText(get(server.url, { certificate: wildcard.cert, authorization: "Bearer s3cret" }))).toMatch(
      /^cannot read "json:x": its certificate /,
    );
    expect(server.requests).toEqual([]);
  });

  test("a redirect down to plain HTTP is refused", async () => {
    const plain = await serve(say("[]"));
    const server = await serve(say("", 302, { location: `${plain.url}/` }), named);
    expect(await faultText(get(server.url, { certificate: named.cert }))).toMatch(/^"json:x" sends us on to /);
    expect(plain.requests).toEqual([]);
  });
});
