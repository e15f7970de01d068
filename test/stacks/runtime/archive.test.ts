import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { list } from "tar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { buildRuntime } from "../../../stacks/runtime/archive.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "runtime-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A bundle as the build leaves it, with a small program in the place of Node.js. */
async function bundle(name: string, agent = "agent"): Promise<{ bundle: string; node: string }> {
  const root = join(dir, name);
  await mkdir(join(root, "systemd"), { recursive: true });
  await mkdir(join(root, "accelerators"));
  await writeFile(join(root, "accelerators/gzip.mjs"), "gzip");
  await writeFile(join(root, "agent.mjs"), agent);
  await writeFile(join(root, "systemd/b.service"), "[Unit]\n");
  await writeFile(join(root, "systemd/a.service"), "[Unit]\n");
  await writeFile(join(root, "systemd/notes.txt"), "not a unit");
  await writeFile(join(root, "node"), "#!node");
  return { bundle: root, node: join(root, "node") };
}
const build = async (cache: string, files: { bundle: string; node: string }, onStep?: (text: string) => void) =>
  buildRuntime({ env: { XDG_CACHE_HOME: join(dir, cache) }, ...files, ...defined({ onStep }) });

describe("the runtime archive", () => {
  test("depends on content alone: not on times, modes or the order of files", async () => {
    const one = await bundle("one");
    const two = await bundle("two");
    await utimes(join(two.bundle, "agent.mjs"), 1, 1);
    await chmod(join(two.bundle, "agent.mjs"), 0o600);
    await chmod(two.node, 0o700);
    const [first, second] = await Promise.all([build("cache-1", one), build("cache-2", two)]);
    expect(second.sha256).toBe(first.sha256);
    expect((await build("cache-1", await bundle("three", "other"))).sha256).not.toBe(first.sha256);
  });

  test("is named by the digest that the host checks: that of the tar stream", async () => {
    const { file, sha256 } = await build("named", await bundle("named-bundle"));
    const tar = gunzipSync(await readFile(file));
    expect(createHash("sha256").update(tar).digest("hex")).toBe(sha256);
    expect(file).toBe(join(dir, `named/sallyport/runtime-${sha256}.tar.gz`));
  });

  test("holds node, the agent, its accelerators and its units, all of them root's to write and anybody's to read", async () => {
    const { file } = await build("members", await bundle("members-bundle"));
    const members: string[] = [];
    await list({
      file,
      onReadEntry: ({ path, mode = 0, mtime }) =>
        members.push(`${mode.toString(8)} ${path} ${mtime?.getTime() ?? "-"}`),
    });
    expect(members).toMatchInlineSnapshot(`
      [
        "755 accelerators/ -",
        "644 accelerators/gzip.mjs -",
        "644 agent.mjs -",
        "755 bin/ -",
        "755 bin/node -",
        "755 systemd/ -",
        "644 systemd/a.service -",
        "644 systemd/b.service -",
      ]
    `);
  });

  test("is made once, and leaves nothing else in the cache", async () => {
    const files = await bundle("once");
    const steps: string[] = [];
    const first = await build("once-cache", files, (text) => steps.push(text));
    const made = await stat(first.file);
    await build("once-cache", files, (text) => steps.push(text));
    expect(steps).toEqual(["packing the hosts' runtime (once per version)"]);
    expect((await stat(first.file)).ino).toBe(made.ino);
    expect(await readdir(join(dir, "once-cache/sallyport"))).toHaveLength(1);
  });

  test("two processes at once end with one whole archive", async () => {
    const files = await bundle("race");
    const made = await Promise.all(Array.from({ length: 4 }, () => build("race-cache", files)));
    expect(new Set(made.map(({ file }) => file)).size).toBe(1);
    expect(gunzipSync(await readFile(made[0]?.file ?? "")).length).toBeGreaterThan(0);
    expect(await readdir(join(dir, "race-cache/sallyport"))).toHaveLength(1);
  });

  test("says what to run when the agent is not built", async () => {
    const files = await bundle("unbuilt");
    await rm(join(files.bundle, "agent.mjs"));
    await expect(build("unbuilt-cache", files)).rejects.toMatchObject({
      message: `there is no ${JSON.stringify(join(files.bundle, "agent.mjs"))}`,
      hint: 'run "npm run build" first',
    });
  });
});
