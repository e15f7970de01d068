/** Links between the documents lead to files and headings that exist. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { anchorOf } from "../../docs/.vitepress/pages.js";
import { documents } from "../support/documents.js";

const { ROOMS } = await import(join(packageRoot, ".dependency-cruiser.mjs"));
const benches = ["agent", "firewall-sync", "gateway", "mirror"].map((name) => `bench/${name}/README.md`);
const pages = [...documents(), ...benches, "CHANGELOG.md"];
const withoutCode = (text: string) => text.replaceAll(/^[ ]*```[\s\S]*?^[ ]*```/gm, "");

function linksOf(page: string): string[] {
  const text = withoutCode(readFileSync(join(packageRoot, page), "utf8"));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"|^\[[^\]]+\]: (\S+)$/gm)];
  return links.map(([, ...found]) => found.find((href) => href !== undefined) ?? "");
}

function anchorsOf(page: string): Set<string> {
  const text = withoutCode(readFileSync(join(packageRoot, page), "utf8"));
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    anchorOf(heading.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("`", "")),
  );
  const seen = new Map<string, number>();
  return new Set(
    headings.map((anchor) => {
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}

test("every link within the project leads to a file, and every anchor to a heading", () => {
  const links = pages.flatMap((page) => linksOf(page).map((href) => ({ page, href })));
  const within = links.filter(({ href }) => !/^(?:https?|mailto):/.test(href));
  expect(within.length).toBeGreaterThan(100);
  const dead = within.filter(({ page, href }) => {
    const [path = "", anchor] = href.split("#");
    const target = path === "" ? page : relative(packageRoot, join(packageRoot, dirname(page), path));
    if (target.startsWith("..") || !existsSync(join(packageRoot, target))) return true;
    if (anchor === undefined || statSync(join(packageRoot, target)).isDirectory()) return false;
    return target.endsWith(".md") && !anchorsOf(target).has(anchor);
  });
  expect(dead).toEqual([]);
});

test("every page is in the README or in a page that the README leads to", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    for (const href of linksOf(page)) {
      const target = relative(packageRoot, join(packageRoot, dirname(page), href.split("#")[0] ?? ""));
      if (target.endsWith(".md") && existsSync(join(packageRoot, target))) reached.add(target);
    }
  }
  const lost = documents().filter((page) => page !== "docs/index.md" && !reached.has(page));
  expect(lost).toEqual([]);
});

test("what sources, messages and help texts say to read is there", () => {
  const rooms = Object.keys(ROOMS);
  const sources = rooms.flatMap((room) =>
    readdirSync(join(packageRoot, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `${room}/${file}`),
  );
  const named = sources.flatMap((file) =>
    [...readFileSync(join(packageRoot, file), "utf8").matchAll(/\bdocs\/[\w/-]+\.md/g)].map(([page]) => page),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
});
