/** The judges of pages find what is wrong with a page that has something wrong. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOf, showAs, tabStops } from "./accessibility.js";
import { type Chromium, chromiumPath, startChromium } from "./chromium.js";

const browser = chromiumPath();
if (browser === undefined) console.log("skipped: no Chromium on PATH");

const page = (body: string) =>
  `data:text/html,${encodeURIComponent(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title><main><h1>Title</h1>${body}</main>`)}`;

describe.runIf(browser !== undefined)("the judges of pages", () => {
  let chromium: Chromium;
  beforeAll(async () => {
    chromium = await startChromium(String(browser));
  });
  afterAll(() => chromium?.close());

  test.each([
    ["<p>well", []],
    ['<p style="color:#aaa">pale', ["color-contrast at p: Element"]],
    ["<input>", ["label at input: Element"]],
    [
      '<button style="width:9px;height:9px;padding:0">x</button><button>y</button>',
      ["target-size at button:nth-child(2): Target", "target-size at button:nth-child(3): Target"],
    ],
    ['<p style="width:600px">wide', ["the page scrolls sideways", "cut off: P "]],
    ['<pre data-scrolls tabindex="0" style="overflow:auto"><code style="display:block;width:600px">wide', []],
  ])("%s", async (body, faults) => {
    const tab = await chromium.open(page(body));
    await showAs(tab, "phone", "light");
    const found = await faultsOf(tab);
    expect(found.map((fault) => fault.split(" ").slice(0, 4).join(" "))).toEqual(faults);
  });

  test("the keyboard's way through a page, and where the focus is not seen", async () => {
    const style = "<style>:focus-visible{outline:3px solid blue}.none:focus-visible{outline:none}</style>";
    const over = '<p style="position:absolute;inset:0;margin:0;background:white">over';
    const tab = await chromium.open(
      page(
        `${style}<button>A</button><button class="none">B</button><div style="position:relative"><a href="#">C</a>${over}`,
      ),
    );
    expect(await tabStops(tab)).toEqual([
      { name: "A", isSeen: true },
      { name: "B", isSeen: false },
      { name: "C", isSeen: false },
    ]);
  });
});
