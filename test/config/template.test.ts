import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { writeTemplate } from "../../config/files.js";
import { loadConfig } from "../../config/load.js";
import { test } from "../fixtures/temporary.js";

test("S-21: a new sallyport.yaml is short, and ends hosts that do nothing without losing their disks", async ({
  dir,
}) => {
  const path = await writeTemplate(dir);
  const text = await readFile(path, "utf8");
  expect(text.match(/^#?[a-z_]+: /gm)).toHaveLength(10);
  expect(parse(text)).toEqual({ autostop: "1h", stop_mode: "stop" });
  const written = await loadConfig({ cwd: dir, env: { HOME: dir } });
  const { config: defaults } = await loadConfig({ cwd: join(dir, ".."), env: { HOME: dir } });
  expect(written.config).toEqual({ ...defaults, autostop: "1h", stop_mode: "stop" });
  expect(written.warnings).toEqual([]);
});

test("each line that is commented out is what holds without it", async ({ dir }) => {
  const text = await readFile(await writeTemplate(dir), "utf8");
  const { config } = await loadConfig({ cwd: join(dir, ".."), env: { HOME: dir } });
  const shown = parse(text.replace(/^#([a-z_]+: )/gm, "$1")) as Record<string, unknown>;
  const { autostop: _, stop_mode: __, authorized_host_dirs, ...others } = shown;
  expect(config).toMatchObject(others);
  expect(authorized_host_dirs).toEqual(["~/shared"]);
});
