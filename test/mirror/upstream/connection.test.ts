/** Every kind of upstream passes one table of cases. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test as base, describe, expect } from "vitest";
import type { Asset } from "../../../mirror/resolve/model.js";
import type { Connection } from "../../../mirror/upstream/connection.js";
import { UPSTREAM_LIMITS } from "../../../mirror/upstream/limits.js";
import { openConnection } from "../../../mirror/upstream/open-connection.js";
import { Upstream } from "../support/upstream.js";
import { type File, npmTarball, wheel } from "../support/wheels.js";

interface Place {
  readonly connection: Connection;
  /** Publishes that version of "foo". */
  publish(version: string): Promise<File>;
  lose(): Promise<void>;
  stop(): Promise<void>;
}

const LIMITS = { ...UPSTREAM_LIMITS, headersMs: 2_000 };
const wheelOf = (version: string) => wheel({ name: "foo", version });
const tarballOf = (version: string) => npmTarball({ name: "foo", version });

async function index(html: boolean): Promise<Place> {
  const upstream = await Upstream.start();
  upstream.html = html;
  return {
    connection: await openConnection("public:pypi", upstream.url, LIMITS),
    publish: async (version) => {
      const file = wheelOf(version);
      upstream.add("foo", file);
      return file;
    },
    lose: () => upstream.lose(),
    stop: () => upstream.lose().catch(() => undefined),
  };
}

async function registry(): Promise<Place> {
  const upstream = await Upstream.start();
  return {
    connection: await openConnection("public:npmjs", upstream.registry, LIMITS),
    publish: async (version) => {
      const file = tarballOf(version);
      upstream.publish({ name: "foo", version }, file);
      return file;
    },
    lose: () => upstream.lose(),
    stop: () => upstream.lose().catch(() => undefined),
  };
}

async function directory(name: string, fileOf: (version: string) => File): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-upstream-"));
  const remove = () => rm(dir, { recursive: true, force: true });
  return {
    connection: await openConnection(name, dir, LIMITS),
    publish: async (version) => {
      const file = fileOf(version);
      await writeFile(join(dir, file.name), file.content);
      return file;
    },
    lose: remove,
    stop: remove,
  };
}

const PLACES: Record<string, () => Promise<Place>> = {
  "a simple index in HTML": () => index(true),
  "a simple index in JSON": () => index(false),
  "a directory of wheels": () => directory("public:pypi", wheelOf),
  "an npm registry": registry,
  "a directory of npm tarballs": () => directory("public:npmjs", tarballOf),
};

async function assetOf(connection: Connection, version: string): Promise<Asset> {
  const { document } = await connection.index("foo", undefined);
  const [asset] = document?.versions.get(version)?.assets ?? [];
  if (asset === undefined) throw new Error(`no foo ${version}`);
  return asset;
}

const contentOf = async (connection: Connection, asset: Asset) => buffer((await connection.open(asset)).body);

describe.each(Object.entries(PLACES))("%s", (_kind, open) => {
  const test = base.extend<{ place: Place }>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixture's dependencies from the pattern
    place: async ({}, use) => {
      const place = await open();
      await use(place);
      await place.stop();
    },
  });

  test("lists the versions, each with one file", async ({ place }) => {
    await place.publish("1.0.0");
    await place.publish("1.2.0");
    const { document } = await place.connection.index("foo", undefined);
    expect([...(document?.versions.keys() ?? [])].sort()).toEqual(["1.0.0", "1.2.0"]);
    for (const { assets } of document?.versions.values() ?? []) expect(assets).toHaveLength(1);
  });

  test("knows no other package", async ({ place }) => {
    await place.publish("1.0.0");
    expect((await place.connection.index("bar", undefined)).document).toBeUndefined();
  });

  test("returns the same object while nothing changes, and then another one", async ({ place }) => {
    await place.publish("1.0.0");
    const first = await place.connection.index("foo", undefined);
    expect(await place.connection.index("foo", first)).toBe(first);
    await place.publish("1.2.0");
    const second = await place.connection.index("foo", first);
    expect(second).not.toBe(first);
    expect([...(second.document?.versions.keys() ?? [])].sort()).toEqual(["1.0.0", "1.2.0"]);
  });

  test("delivers a file as it was published, with its length and its hashes", async ({ place }) => {
    const file = await place.publish("1.0.0");
    const asset = await assetOf(place.connection, "1.0.0");
    const { body, length } = await place.connection.open(asset);
    expect((await buffer(body)).equals(file.content)).toBe(true);
    expect(length).toBe(file.content.length);
    expect(Object.keys(asset.hashes)).not.toEqual([]);
    if (asset.hashes.sha256 !== undefined) expect(asset.hashes.sha256).toBe(file.sha256);
  });

  test("delivers the metadata that its index announces", async ({ place }) => {
    const { metadata } = await place.publish("1.0.0");
    const asset = await assetOf(place.connection, "1.0.0");
    expect(asset.metadata !== undefined).toBe(metadata !== undefined);
    if (metadata === undefined) return;
    const { body } = await place.connection.openMetadata(asset);
    expect((await buffer(body)).equals(metadata)).toBe(true);
  });

  test("fails for a file that it does not have, and is not down for that", async ({ place }) => {
    await place.publish("1.0.0");
    const { url, ...asset } = await assetOf(place.connection, "1.0.0");
    await expect(contentOf(place.connection, asset)).rejects.toMatchObject({ name: "UpstreamError", down: false });
    await expect(contentOf(place.connection, { ...asset, url: `${url}.gone` })).rejects.not.toMatchObject({
      down: true,
    });
  });

  test("is down once it is lost", async ({ place }) => {
    await place.publish("1.0.0");
    await place.lose();
    const lookup = place.connection.index("foo", undefined);
    await expect(lookup).rejects.toMatchObject({ name: "UpstreamError", down: true });
    await expect(lookup).rejects.toThrow(`the upstream ${place.connection.name} `);
  });
});
