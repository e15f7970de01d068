/** A team's repository above a store, in front of an upstream: for the tests of what comes from where, and how. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { UpstreamLimits } from "../../../../mirror/upstream/limits.js";
import { type Layout, TestMirror, teamOver } from "../../support/mirror.js";
import { Upstream } from "../../support/upstream.js";
import { wheel } from "../../support/wheels.js";

export const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
export const IMPATIENT = { headersMs: 400, idleMs: 400, downMs: 300, indexTtlMs: 50, wholeVersions: false };

/** Of the test that runs. */
export let upstream: Upstream;
export let mirror: TestMirror;

/** For a file: each of its tests has an upstream of its own, and what it starts stops with it. */
export function inEachTest(): void {
  beforeEach(async () => {
    upstream = await Upstream.start();
  });
  afterEach(async () => {
    await mirror?.destroy();
    await upstream.lose().catch(() => undefined);
  });
}

/** @param connections by name; those of the upstream stay unless they are named. */
export async function start(
  layout: Layout = teamOver("public:pypi"),
  limits: Partial<UpstreamLimits> = IMPATIENT,
  connections: Readonly<Record<string, string>> = {},
): Promise<void> {
  const own = { "public:pypi": upstream.url, "public:npmjs": upstream.registry };
  mirror = await TestMirror.start(layout, { ...own, ...connections }, limits);
}

interface Page {
  readonly meta: { readonly "api-version": string };
  readonly versions: readonly string[];
  readonly files: readonly { readonly filename: string; readonly url: string; readonly yanked?: boolean | string }[];
}

export async function page(repository: string, project: string): Promise<Page> {
  const response = await mirror.get(repository, `simple/${project}/`, { Accept: JSON_TYPE });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Page;
}

export const names = async (repository: string, project: string) =>
  (await page(repository, project)).files.map(({ filename }) => filename).sort();

export const versionsIn = async (repository: string, name: string, format: "pypi" | "npm" = "pypi") =>
  (await mirror.packages.versions(mirror.node(repository), { format, name }))?.map(({ version }) => version);

export const FILE = "simple/foo/1.0/foo-1.0-py3-none-any.whl";
export const foo = wheel({ name: "foo", version: "1.0" });

export async function fetchFile(repository = "team", path = FILE): Promise<Buffer> {
  const response = await mirror.get(repository, path);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

export const temporaries = () => readdirSync(join(mirror.dir, "packages", "tmp"));

export function upload(
  repository: string,
  name: string,
  version: string,
  file: { name: string; content: Buffer },
  more: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  const fields = { ":action": "file_upload", protocol_version: "1", name, version, ...more };
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("content", new Blob([new Uint8Array(file.content)]), file.name);
  return fetch(mirror.url(repository, ""), { method: "POST", body: form });
}
