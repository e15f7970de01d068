import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OWN_TAGS } from "../../../config/checks/check-tags.js";
import { parseLayer } from "../../../config/document.js";
import { type Resolved, resolveConfig } from "../../../config/resolve.js";
import { defaultLayer, envLayer } from "../../../config/text-layers.js";
import { faultText } from "../../support/fault-text.js";

function resolve(text: string, env: Record<string, string> = {}): Resolved {
  const { layer } = parseLayer(text, { layer: "project", shownAs: "sallyport.yaml", base: "/p" });
  return resolveConfig([defaultLayer(env, "/p"), layer, envLayer(env, "/p").layer], "/home/u");
}

const own = (where: string, key: string, ours: string) =>
  `${where}: tags.${key} differs only in case from "${ours}", a tag of Sallyport's own`;
const SAME = "IAM takes them for the same key:";

test.each([
  [
    "tags: { project: apollo }",
    own("sallyport.yaml:1:9", "project", "Project"),
    'write "Project" to replace that one, or ',
  ],
  [
    "tags:\n  team: fpga\n  PROJECT: x",
    own("sallyport.yaml:3:3", "PROJECT", "Project"),
    'write "Project" to replace that one, or ',
  ],
  [
    "tags:\n  managedBy: x",
    own("sallyport.yaml:2:3", "managedBy", "ManagedBy"),
    'write "ManagedBy" to replace that one, or ',
  ],
  ["tags: {name: x}", own("sallyport.yaml:1:8", "name", "Name"), ""],
  ["tags: {Sallyport:Host: x}", own("sallyport.yaml:1:8", "Sallyport:Host", "sallyport:host"), ""],
  [
    "tags: {Project: a, project: b}",
    own("sallyport.yaml:1:20", "project", "Project"),
    'write "Project" to replace that one, or ',
  ],
])("S-03: %j is refused with its place, for the kit has such a tag", async (text, message, remedy) => {
  expect(await faultText(() => resolve(text))).toBe(`${message}\n  ${SAME} ${remedy}choose another key (exit 2)`);
});

test.each([
  [
    "tags:\n  owner: a\n  Owner: b",
    "sallyport.yaml:3:3: tags.Owner differs only in case from tags.owner (sallyport.yaml:2:3)",
  ],
  [
    "tags: {a/b: x, c: y, A/B: z}",
    "sallyport.yaml:1:22: tags.A/B differs only in case from tags.a/b (sallyport.yaml:1:8)",
  ],
  [
    "tags: {équipe: x, ÉQUIPE: y}",
    "sallyport.yaml:1:19: tags.ÉQUIPE differs only in case from tags.équipe (sallyport.yaml:1:8)",
  ],
])("S-03: %j is refused with both places", async (text, message) => {
  expect(await faultText(() => resolve(text))).toBe(`${message}\n  ${SAME} keep one of the two (exit 2)`);
});

test.each(["sallyport:project", "sallyport:deployment", "sallyport:host"])(
  "S-03: %j is the kit's alone",
  async (key) => {
    expect(await faultText(() => resolve(`tags: { ${key}: x }`))).toBe(
      `sallyport.yaml:1:9: tags.${key} is a tag that only Sallyport sets\n` +
        "  by it, resources are told from those of other projects: choose another key (exit 2)",
    );
  },
);

test("S-03: in a variable, its name is the place", async () => {
  expect(await faultText(() => resolve("", { SALLYPORT_TAGS: "project=x" }))).toContain(
    own("SALLYPORT_TAGS", "project", "Project"),
  );
});

test.each([
  ["tags: { Project: apollo, ManagedBy: us }", { Project: "apollo", ManagedBy: "us" }],
  ["tags: { project-id: x, owner: PROJECT, Owners: y }", { "project-id": "x", owner: "PROJECT", Owners: "y" }],
])("S-03: %j holds", (text, tags) => {
  expect(resolve(text).config.tags).toEqual(tags);
});

test("S-03: tags of a weaker layer, which do not hold, are no reason to refuse", () => {
  expect(resolve("tags: {owner: a}", { SALLYPORT_TAGS: "OWNER=b" }).config.tags).toEqual({ OWNER: "b" });
});

test("S-03: the kit's own tags are all that the stacks set", async () => {
  const dir = join(import.meta.dirname, "../../stacks/__snapshots__");
  const files = (await readdir(dir)).filter((file) => file.endsWith(".txt") && !file.startsWith("boot-"));
  const keys = new Set<string>();
  for (const file of files) {
    const text = await readFile(join(dir, file), "utf8");
    for (const [, tags = ""] of text.matchAll(/"(?:volume_)?tags": \{([^}]*)\}/g)) {
      for (const [, key = ""] of tags.matchAll(/^ *"([^"]+)":/gm)) keys.add(key);
    }
  }
  // Of the configurations there.
  for (const key of ["owner", "Team"]) keys.delete(key);
  expect([...keys].sort()).toEqual([...OWN_TAGS].sort());
});
