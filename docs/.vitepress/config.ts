import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { anchorOf, linkOnSite, repository, rewrites, sidebarItems } from "./pages.js";

/** The pages' own icon. */
const icon = readFileSync(join(repository, "page/static/favicon.svg"), "utf8");

export default defineConfig({
  title: "Sallyport",
  description: "Guarded accelerator hosts on AWS",
  lang: "en",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  srcDir: repository,
  srcExclude: ["!(docs|bench|examples|CHANGELOG.md)/**"],
  rewrites,
  outDir: "./.vitepress/dist",
  cacheDir: "./.vitepress/cache",
  markdown: {
    // Comments in the usual themes have too little contrast.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify: anchorOf },
    config(md) {
      md.core.ruler.push("links-as-on-github", ({ tokens, env }) => {
        for (const { children } of tokens) {
          let withoutPage = false;
          for (const token of children ?? []) {
            if (token.type === "link_open") {
              const href = linkOnSite(env.realPath ?? env.path, String(token.attrGet("href")));
              withoutPage = href === undefined;
              if (href !== undefined) token.attrSet("href", href);
            }
            // Sources have no page: the name stays and leads nowhere.
            if (withoutPage && /^link_(?:open|close)$/.test(token.type))
              Object.assign(token, { tag: "span", attrs: [] });
          }
        }
      });
    },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/start/getting-started" },
      { text: "Tasks", link: "/tasks/choose-hosts" },
      { text: "Reference", link: "/reference/cli" },
      { text: "Changes", link: "/changes" },
    ],
    sidebar: ["start", "tasks", "reference"].map((group) => ({
      text: `${group.slice(0, 1).toUpperCase()}${group.slice(1)}`,
      items: sidebarItems(group),
    })),
    outline: [2, 3],
    search: { provider: "local" },
  },
});
