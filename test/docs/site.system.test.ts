/** The documentation as a site: it builds, its links and anchors lead somewhere, and it loads nothing from elsewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { test as base } from "../fixtures/temporary.js";
import { faultsOf, inEveryView, shoot } from "../support/accessibility.js";
import { chromiumPath, startChromium } from "../support/chromium.js";
import { documents } from "../support/documents.js";
import { run } from "../support/run.js";
import { serveDirectory } from "../support/serve-directory.js";

const test = base.extend("site", { scope: "file" }, async ({ fileDir }) => {
  const built = await run("npm", ["run", "docs:build", "--", "--outDir", fileDir], {
    cwd: packageRoot,
    timeoutMs: 1_200_000,
  });
  expect(built).toMatchObject({ exitCode: 0 });
  return fileDir;
});

const files = (site: string, kind: RegExp) =>
  readdirSync(site, { recursive: true, encoding: "utf8" }).filter((file) => kind.test(file));

test("every document is a page", ({ site }) => {
  const expected = documents()
    .filter((page) => page !== "README.md")
    .map((page) => page.replace(/^docs\//, "").replace(/\/README\.md$/, ".md"));
  const pages = files(site, /\.html$/).map((file) => file.replace(/html$/, "md"));
  expect(expected.filter((page) => !pages.includes(page))).toEqual([]);
});

test("every link on a page leads to a page, a heading or a file of the site", ({ site }) => {
  const html = new Map(files(site, /\.html$/).map((file) => [file, readFileSync(join(site, file), "utf8")]));
  const dead: string[] = [];
  let links = 0;
  for (const [file, text] of html) {
    for (const [, href = ""] of text.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
      if (/^(?:https?|mailto|data):/.test(href)) continue;
      links += 1;
      const [path = "", anchor] = decodeURI(href).split("#");
      const absolute = path.startsWith("/") ? join(site, path) : resolve(site, dirname(file), path);
      const target = path === "" ? file : relative(site, path.endsWith("/") ? join(absolute, "index.html") : absolute);
      const there = html.get(target) ?? html.get(`${target}.html`);
      const found = anchor === undefined ? existsSync(join(site, target)) || there !== undefined : there !== undefined;
      if (!found || (anchor !== undefined && anchor !== "" && !there?.includes(`id="${anchor}"`)))
        dead.push(`${file}: ${href}`);
    }
  }
  expect(links).toBeGreaterThan(1000);
  expect(dead).toEqual([]);
});

test("the home page has the README's picture, for light and dark", ({ site }) => {
  const home = readFileSync(join(site, "index.html"), "utf8");
  expect(home.match(/class="(?:light|dark)-only" src="[^"]+"/g)).toHaveLength(2);
});

test("nothing is loaded from another host", ({ site }) => {
  const loads = files(site, /\.(?:html|css)$/).flatMap((file) =>
    [
      ...readFileSync(join(site, file), "utf8").matchAll(
        /<(?:script|link|img|source|iframe)[^>]*(?:src|href|srcset)="(?:https?:)?\/\/[^"]*"|@import[^;]*|url\(["']?(?:https?:)?\/\/[^)]*/g,
      ),
    ].map(([load]) => `${file}: ${load}`),
  );
  expect(loads).toEqual([]);
});

test("`npm run docs` serves it", async () => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const [program, ...args] = scripts.docs.split(" ");
  const stop = new AbortController();
  let served: Promise<unknown> = Promise.resolve();
  const address = await new Promise<string>((found, failed) => {
    served = run(join(packageRoot, "node_modules/.bin", program), [...args, "--port", "0"], {
      cwd: packageRoot,
      env: { NO_COLOR: "1" },
      signal: stop.signal,
      endsWithUs: true,
      timeoutMs: 1_200_000,
      onLine: (line) => {
        const [url] = /http:\/\/localhost:\d+\/\S*/.exec(line) ?? [];
        if (url !== undefined) found(url);
      },
    }).then(({ stderr }) => failed(new Error(`it ended: ${stderr}`)), failed);
  });
  const answer = await fetch(address);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<div id="app">')]);
  stop.abort();
  await served;
});

const browser = chromiumPath();

test.runIf(browser !== undefined)(
  "home, a task and a reference can be read: desk, phone and zoomed, light and dark",
  async ({ site }) => {
    const server = await serveDirectory(site);
    const chromium = await startChromium(String(browser));
    try {
      for (const path of ["/", "/tasks/gateway-page", "/reference/gateway"]) {
        const tab = await chromium.open(server.url + path);
        await inEveryView(tab, async (view) => {
          // The theme fades from one scheme to the other.
          await tab.until("document.getAnimations().length === 0");
          const faults = (await faultsOf(tab)).filter((fault) => /^(?:color-contrast|the page scrolls)/.test(fault));
          expect(faults, `${path} ${view}`).toEqual([]);
          await shoot(tab, `site-${path.split("/").at(-1) || "home"}-${view}`);
        });
        expect(tab.complaints).toEqual([]);
      }
    } finally {
      await chromium.close();
      await server.close();
    }
  },
);
