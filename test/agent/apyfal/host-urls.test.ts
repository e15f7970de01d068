/** `host://` URLs from a client of Apyfal's protocol: what Apyfal let through, and what it let nobody through. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fenceOf, resolveHostUrl } from "../../../agent/apyfal/host-paths.js";
import { defined } from "../../../base/defined.js";
import { CANARY } from "../support/test-agent.js";
import { type ApyfalAgent, startApyfalAgent } from "./apyfal-agent.js";
import { type ApyfalClient, type Document, multipart } from "./apyfal-client.js";

let agent: ApyfalAgent;
let client: ApyfalClient;
beforeAll(async () => {
  agent = await startApyfalAgent({
    arrange: (base) => {
      writeFileSync(join(base, "home/shared/in.txt"), "from the host");
      writeFileSync(join(base, "home/shared/50%25 ä.txt"), "odd name");
      writeFileSync(join(base, "data/in.txt"), "read-only");
      mkdirSync(join(base, "home/shared-evil"));
      writeFileSync(join(base, "home/shared-evil/in.txt"), CANARY);
      symlinkSync(join(base, "canary"), join(base, "home/shared/link"));
      symlinkSync(base, join(base, "home/shared/dir-link"));
    },
  });
  client = await agent.client();
  await client.start();
});
afterAll(() => agent.stop());

const path = (name: string) => join(agent.base, name);
const ask = async (specific: object, more: Record<string, string | Buffer> = {}, route = "process") => {
  const form = multipart({
    parameters: JSON.stringify({ app: { specific } }),
    ...defined({ configuration: route === "process" ? String(client.configurationUrl) : undefined }),
    ...more,
  });
  const { status, body } = await agent.http.send("POST", `${agent.url}/v1.0/${route}/`, form);
  return { status, body: JSON.parse(body.toString()) as Document };
};
const ended = async (document: Document): Promise<Document> => {
  let now = document;
  while (!now.processed) now = JSON.parse((await agent.http.send("GET", document.url)).body.toString());
  return now;
};
const inputOf = async (src: string) => (await client.process({ src })).result.input;

describe("A-41", () => {
  test("A-41, T6: bug 1: with two authorized directories, a file in either of them is allowed", async () => {
    expect(await inputOf(`host://${path("home/shared/in.txt")}`)).toBe("from the host");
    expect(await inputOf(`host://${path("data/in.txt")}`)).toBe("read-only");
  });

  test.each(["HOST", "Host", "hOsT"])("A-41, T6: bug 2: %s:// is checked as host:// is", async (scheme) => {
    const outside = await ask({ src: `${scheme}:///etc/passwd` });
    expect([outside.status, outside.body.detail]).toEqual([403, "Unauthorized path: '/etc/passwd'"]);
    expect(await inputOf(`${scheme}://${path("home/shared/in.txt")}`)).toBe("from the host");
  });

  test.each([
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "/etc/passwd",
    "etc/passwd",
    "~/canary",
    " host:///etc/passwd",
    "file:/etc/passwd",
    "host:/etc/passwd",
    "host:///etc/passwd\0",
    "",
  ])("A-41, T6: bug 3: %j names no file of the host, as source or destination", async (url) => {
    for (const specific of [{ src: url }, { file_in: url }, { datafile: url }, { dst: url }, { file_out: url }]) {
      const { status, body } = await ask(specific);
      expect([status, body.type]).toEqual([403, "urn:sallyport:problem:not-host-url"]);
    }
    expect((await ask({ src: url }, {}, "configuration")).status).toBe(403);
    // Even where it lies in an authorized directory: it would be the client's own file that is meant.
    expect((await ask({ src: `file://${path("home/shared/in.txt")}` })).status).toBe(403);
  });

  test("A-41, T6: bug 4: a link in an authorized directory leads nowhere", async () => {
    for (const name of ["link", "dir-link/canary", "dir-link/home/shared/in.txt"]) {
      const { status, body } = await ask({ src: `host://${path(`home/shared/${name}`)}` });
      expect([name, status]).toEqual([name, 404]);
      expect(JSON.stringify(body)).not.toContain(agent.base);
    }
    const through = await ended((await ask({ dst: `host://${path("home/shared/dir-link/new")}` })).body);
    expect(through).toMatchObject({ inerror: true, errorcode: "output" });
    expect(existsSync(path("new"))).toBe(false);
    const over = await ended((await ask({ dst: `host://${path("home/shared/link")}` })).body);
    expect(over.inerror).toBe(true);
    expect(readFileSync(path("canary"), "utf8")).toBe(CANARY);
  });

  test("A-41: the directory itself is inside: what is wrong with it is that it is no file", async () => {
    for (const url of [`host://${path("home/shared")}`, `host://${path("home/shared/")}`, "host://~/shared"]) {
      expect((await ask({ src: url })).body.type).toBe("urn:sallyport:problem:file-needed");
    }
  });

  test("A-41: beside is outside, whatever it is called and however it is reached", async () => {
    for (const name of [
      "home/shared-evil/in.txt",
      "home/shared/../shared-evil/in.txt",
      "canary",
      "home",
      "home/canary",
    ]) {
      const { status, body } = await ask({ src: `host://${agent.base}/${name}` });
      expect([name, status, body.type]).toEqual([name, 403, "urn:sallyport:problem:unauthorized-path"]);
    }
    for (const url of ["host:///", "host:///proc/self/environ", "host:////etc/passwd", "host://~/../../etc/passwd"]) {
      expect([url, (await ask({ src: url })).status]).toEqual([url, 403]);
    }
    expect((await ask({ src: "host://shared/in.txt" })).body.detail).toBe(
      "src: write host:///ABSOLUTE/PATH or host://~/PATH",
    );
    expect((await ask({ src: `host://${path("home/shared/none")}` })).status).toBe(404);
  });

  test("A-41: no path in another member reaches the program unseen: the five names are taken out", async () => {
    const src = `host://${path("home/shared/in.txt")}`;
    const { result } = await client.process({ src, specific: { datafile: src, note: "kept" } });
    expect(result.given.app.specific).toEqual({ note: "kept" });
  });
});

describe("where URLs may point", () => {
  test("A-42, A-43: src and its names of old are one file, without bytes on the wire", async () => {
    const src = `host://${path("home/shared/in.txt")}`;
    for (const specific of [{ src }, { file_in: src }, { datafile: src }, { src, file_in: src, datafile: src }]) {
      const { body } = await ask(specific);
      expect(body.datafile).toBe("host://shared/in.txt");
      expect((await ended(body)).parametersresult.app.specific.input).toBe("from the host");
    }
    const two = await ask({ src, file_in: `host://${path("data/in.txt")}` });
    expect([two.status, two.body.detail]).toEqual([400, "src and file_in name different files"]);
    const both = await ask({ src }, { datafile: Buffer.from("x") });
    expect([both.status, both.body.detail]).toEqual([400, 'send "datafile" or name a file of the host, not both']);
    for (const none of [null, undefined]) expect((await ask({ src: none })).status).toBe(200);
    for (const odd of [1, {}, [src], true]) expect((await ask({ src: odd })).status).toBe(400);
  });

  test("A-42: a path is taken as it stands: percent signs are no escapes, ~ is the service's home", async () => {
    expect(await inputOf(`host://${path("home/shared/50%25 ä.txt")}`)).toBe("odd name");
    expect(await inputOf("host://~/shared/in.txt")).toBe("from the host");
    expect((await ask({ src: `host://${agent.base}/home/shared%2fin.txt` })).status).toBe(403);
  });

  test.each(["http", "https", "HTTPS", "s3", "oss", "swift", "ftp"])(
    "A-42: %s:// is not fetched by the host: the client sends it",
    async (scheme) => {
      const { status, body } = await ask({ src: `${scheme}://bucket/key` });
      expect([status, body.detail]).toEqual([
        400,
        `src: this host fetches no ${scheme.toLowerCase()}:// URLs; send the content as "datafile", or copy it to the host first`,
      ]);
    },
  );

  test("A-43: a configuration may read its data from the host, and has no destination", async () => {
    const { body } = await ask({ src: `host://${path("data/in.txt")}` }, {}, "configuration");
    expect(body.parametersresult.app.specific.input).toBe("read-only");
    const refused = await ask({ dst: `host://${path("home/shared/out")}` }, {}, "configuration");
    expect([refused.status, refused.body.type]).toEqual([400, "urn:sallyport:problem:no-destination"]);
  });

  test("A-44: a destination's missing directories are made, inside the fence and not in a read-only one", async () => {
    const done = await client.process({ src: Buffer.from("abc"), dst: `host://${path("home/shared/a/b/out.txt")}` });
    expect(done.output).toBeUndefined();
    expect(readFileSync(path("home/shared/a/b/out.txt"), "utf8")).toBe("ABC");
    const document = await ended((await ask({ dst: "host://~/shared/c/out" }, { datafile: Buffer.from("d") })).body);
    expect(document).toMatchObject({ inerror: false, datafileresult: null });
    expect((await ask({ dst: `host://${path("home/elsewhere/out")}` })).status).toBe(403);
    expect(existsSync(path("home/elsewhere"))).toBe(false);
    expect((await ask({ dst: `host://${path("data/new/out")}` })).body.type).toBe("urn:sallyport:problem:read-only");
    expect(readdirSync(path("data"))).toEqual(["in.txt"]);
  });
});

test("A-40, A-42: a directory that is configured through a link is known by both of its names", () => {
  const root = { name: "linked", path: "/real", mode: "rw", fd: -1 } as const;
  const fence = fenceOf([{ name: "linked", path: "~/linked/", mode: "rw" }], [root], { HOME: "/home/user" });
  for (const url of ["host:///real/a/b", "host:///home/user/linked/a/b", "host://~/linked//a/./b"]) {
    expect(resolveHostUrl("src", url, fence)).toEqual({ kind: "host", directory: "linked", names: ["a", "b"] });
  }
  expect(() => resolveHostUrl("src", "host:///real2/a", fence)).toThrow("Unauthorized path: '/real2/a'");
});

test("A-41: of two directories, one in the other, the inner one counts", () => {
  const places = [
    { directory: "outer", path: "/a" },
    { directory: "inner", path: "/a/b" },
  ];
  const resolve = (url: string) => resolveHostUrl("src", url, { places, home: undefined });
  expect(resolve("host:///a/b/c")).toEqual({ kind: "host", directory: "inner", names: ["c"] });
  expect(resolve("host:///a/bb/c")).toEqual({ kind: "host", directory: "outer", names: ["bb", "c"] });
  expect(() => resolve("host://~/x")).toThrow("src: write host:///ABSOLUTE/PATH or host://~/PATH");
});
