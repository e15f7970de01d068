import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findOtherSource } from "../../../../mirror/login/scoping/poetry-source.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-poetry-"));
  await mkdir(join(dir, "src"));
});
afterEach(() => rm(dir, { recursive: true }));

const PYPI = "https://h.example/pypi/team-one/";
const access = { token: "t", name: "team-one", endpoints: { pypi: PYPI } };
const source = (name: string, url: string) => `[[tool.poetry.source]]\nname = "${name}"\nurl = "${url}"\n`;

test.each([
  ["the mirror itself", source("team-one", `${PYPI}simple/`), false],
  ["another name", source("other", "https://elsewhere/"), false],
  ["no project file that can be read", "[tool", false],
  ["the mirror's name at another URL", source("team-one", "https://elsewhere/simple/"), true],
  ["a name with the same variables", source("Team_One", "https://h.example/pypi/team-one-too/"), true],
])("P-101 Poetry: %s", async (_, text, warned) => {
  await writeFile(join(dir, "pyproject.toml"), text);
  const warning = await findOtherSource(join(dir, "src"), access);
  expect(warning?.replace(dir, "DIR").replace(/"[^"]*"(?= that)/, "NAME")).toBe(
    warned ? '"DIR/pyproject.toml" has a source NAME that is not the mirror: Poetry gets no token' : undefined,
  );
});
