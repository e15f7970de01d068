/** The pages of the site, in three groups, and where a link from one file to another leads. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path/posix";

/** The repository: `docs/` links to the READMEs of benches and examples, and they are pages as well. */
export const repository = resolve(import.meta.dirname, "../..");

/** First the pages that are named here, then all others by title. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  start: ["getting-started", "how-it-works", "troubleshooting", "limits", "glossary"],
  tasks: [
    "train-on-a-gpu",
    "open-a-notebook",
    "my-address-changed",
    "give-a-colleague-access",
    "host-does-not-answer",
    "run-in-ci",
  ],
  reference: [
    "cli",
    "commands",
    "configuration",
    "configuration-keys",
    "agent",
    "agent-requests",
    "gateway",
    "gateway-requests",
    "constructs",
    "library",
    "library-client",
  ],
};

export function sidebarItems(group: string): { text: string; link: string }[] {
  const first = FIRST[group] ?? [];
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  return readdirSync(join(repository, "docs", group))
    .filter((file) => file.endsWith(".md"))
    .map((file) => ({ name: file.slice(0, -3), text: titleOf(join(repository, "docs", group, file)) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.text.localeCompare(b.text))
    .map(({ name, text }) => ({ text, link: `/${group}/${name}` }));
}

function titleOf(file: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(file, "utf8")) ?? [];
  if (title === undefined) throw new Error(`${file} has no title`);
  return title.replaceAll("`", "");
}

/** A file of the repository → its page; `docs/` is the root of the site. */
export const rewrites = {
  "docs/:path*": ":path*",
  "bench/:name/README.md": "bench/:name.md",
  "examples/:name/README.md": "examples/:name.md",
  "CHANGELOG.md": "changes.md",
};

/**
 * Where a link leads on the site, written as GitHub reads it: relative to its file.
 * @returns undefined for a file or directory of the repository that has no page.
 */
export function linkOnSite(from: string, href: string): string | undefined {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const target = resolve(dirname(from), path);
  const isDirectory = existsSync(target) && statSync(target).isDirectory();
  const file = relative(repository, isDirectory ? join(target, "README.md") : target);
  const page = pageOf(file);
  return page === undefined ? undefined : `/${page}${anchor === undefined ? "" : `#${anchor}`}`;
}

function pageOf(file: string): string | undefined {
  if (file === "README.md") return "index.md";
  const [, page] = /^docs\/((?:start|tasks|reference)\/.+\.md)$/.exec(file) ?? [];
  const [, readme] = /^((?:bench|examples)\/[^/]+)\/README\.md$/.exec(file) ?? [];
  if (page !== undefined || readme !== undefined) return page ?? `${readme}.md`;
  return file === "CHANGELOG.md" ? "changes.md" : undefined;
}

/** The anchor of a heading, as GitHub makes it, so that a link works here and there. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
