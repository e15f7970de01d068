/** The page in every view: axe-core, the keyboard, long and hostile names, motion; its pictures are kept in test-artifacts/. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PageFiles, pageAssets } from "../../../page/assets.js";
// @ts-expect-error a script without types
import { bundlePage } from "../../../scripts/bundle.mjs";
import { faultsOf, inEveryView, shoot, showAs, tabStops, tabTo } from "../../support/accessibility.js";
import { type Chromium, chromiumPath, startChromium, type Tab } from "../../support/chromium.js";
import { startKernellessGateway, type TestGateway } from "../support/gateway.js";
import { BUILD, LISTED, LONG, seedLab } from "./a-lab.js";
import { signIn } from "./sign-in.js";

const browser = chromiumPath();
if (browser === undefined) console.log("skipped: no Chromium on PATH");

describe.runIf(browser !== undefined)("the views of the gateway's page", () => {
  let gateway: TestGateway;
  let chromium: Chromium;
  let url: string;

  beforeAll(async () => {
    gateway = await startKernellessGateway({
      assets: pageAssets((await bundlePage("gateway")) as PageFiles),
      more: `machines: ${JSON.stringify(LISTED)}`,
      seed: seedLab,
    });
    chromium = await startChromium(String(browser));
    url = `https://127.0.0.1:${gateway.port}/`;
  });
  afterAll(async () => {
    await chromium?.close();
    await gateway?.stop();
  });

  /** Looks at what is shown now in every view, and keeps a picture of each. */
  const judge = (tab: Tab, name: string) =>
    inEveryView(tab, async (view) => {
      expect(await faultsOf(tab), `${name} ${view}`).toEqual([]);
      const unseen = (await tabStops(tab)).filter(({ isSeen }) => !isSeen);
      expect(unseen, `${name} ${view}`).toEqual([]);
      await tab.value("document.activeElement.blur(); scrollTo(0, 0)");
      await shoot(tab, `gateway-${name}-${view}`);
    });

  const history = `[...document.querySelectorAll('button')].find((each) => each.getAttribute('aria-label') === 'History of ${BUILD.name}')`;

  test("sign-in", async () => {
    const tab = await chromium.open(url);
    await judge(tab, "sign-in");
    expect(tab.complaints).toEqual([]);
  });

  test("the lab: machines with forwards and without, traffic with axis, unit and legend", async () => {
    const tab = await signIn(chromium, url, "maya");
    await tab.until("document.querySelectorAll('#others .machine').length === 3");
    const texts = (selector: string) =>
      tab.value(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.textContent)`);
    expect(await texts("#machines h3")).toEqual(["build-ubuntu", "fpga-bench-2", "onefs-a", "win-signing"]);
    expect(await texts("#others h3")).toEqual(["gpu-node-1", "gpu-node-2", LONG.name]);
    expect(await texts("#overview .legend li span:first-of-type")).toEqual([
      "build-ubuntu",
      "win-signing",
      "fpga-bench-2",
    ]);
    const ticks: string[] = await texts("#overview .chart > text");
    expect(ticks).toContain("0 B");
    expect(ticks.filter((text) => /^[1-9][0-9]* [kM]B$/.test(text)).length).toBeGreaterThan(1);
    expect(ticks.filter((text) => /^[0-2][0-9]:[0-5]0$/.test(text)).length).toBeGreaterThan(3);
    expect(await tab.value("document.querySelector('#overview .chart').getAttribute('aria-label')")).toMatch(
      /^Traffic by machine: [0-9.]+ MB in the last hour, at most [0-9.]+ [kM]B per minute$/,
    );
    await judge(tab, "lab");
    expect(tab.complaints).toEqual([]);
  });

  test("a machine's history, by the keyboard: traffic by port, when it was alive, what happened, who used it", async () => {
    const tab = await signIn(chromium, url, "root", ["admin"]);
    await tab.until(`${history} !== undefined`);
    await tabTo(tab, `History of ${BUILD.name}`);
    await tab.press("Enter");
    await tab.until("document.querySelector('.details .events li') !== null");
    const rows =
      "[...document.querySelectorAll('.details .columns tbody tr')].map((row) => row.cells[0].textContent + ' ' + row.cells[1].textContent)";
    expect(await tab.value(rows)).toEqual(["maya 3", "tom 0", "priya 0"]);
    const events = "[...document.querySelectorAll('.details .events span')].map((each) => each.textContent)";
    expect(await tab.value(events)).toEqual(
      expect.arrayContaining([
        "maya opened port 50010 → 22 tcp.",
        "priya closed port 50061 → 22 tcp of tom.",
        "The machine stopped answering.",
      ]),
    );
    expect(await tab.value("document.querySelector('.alive-strip p').textContent")).toBe(
      "In the last 24 hours: alive 93 % of the time, not alive for 1 hour.",
    );
    await tabTo(tab, "24 hours");
    await tab.press("ArrowRight");
    await tab.until("document.querySelector('.alive-strip p').textContent.startsWith('In the last 7 days')");
    await tab.value("document.querySelector('.details details').open = true");
    expect(await tab.value("document.querySelectorAll('.details details tbody tr').length")).toBeGreaterThan(10);
    await judge(tab, "history-table");
    await tab.value("document.querySelector('.details details').open = false");
    await judge(tab, "history");
    await showAs(tab, "desktop", "light");
    await tab.value(`${history}.scrollIntoView({ block: "start" })`);
    await shoot(tab, "gateway-machine-desktop-light");
    await showAs(tab, "phone", "dark");
    await tab.value(`${history}.scrollIntoView({ block: "start" })`);
    await shoot(tab, "gateway-machine-phone-dark");
    expect(tab.complaints).toEqual([]);
  });

  test("the dialogs: the focus stays within, Escape closes, and the focus returns", async () => {
    const tab = await signIn(chromium, url, "maya");
    await tab.until("document.querySelectorAll('#others .machine').length === 3");
    for (const [opener, name, fields] of [
      ["Add forward", "add", ["Machine", "Address", "Type (optional)"]],
      [`Open a forward to ${LISTED[1]?.name}`, "open", ["Machine", "Address", "Type (optional)"]],
      ["Remove port 50010", "remove", ["Keep it", "Remove"]],
    ] as const) {
      await tabTo(tab, opener);
      await tab.press("Enter");
      await tab.until("document.querySelector('dialog[open]') !== null");
      await judge(tab, name);
      const names = (await tabStops(tab)).map((stop) => stop.name);
      expect(names.slice(0, fields.length)).toEqual(fields);
      expect(await tab.value("document.querySelector('dialog[open]').contains(document.activeElement)")).toBe(true);
      await tab.press("Escape");
      await tab.until("document.querySelector('dialog[open]') === null");
      const focused = await tab.value("document.activeElement.ariaLabel ?? document.activeElement.textContent");
      expect(focused).toMatch(new RegExp(`^${opener}`));
    }
    expect(await tab.value("document.getElementById('target_addr').value")).toBe(LISTED[1]?.addr);
    expect(await tab.value("document.getElementById('target_port').value")).toBe("22");
    expect(tab.complaints).toEqual([]);
  });

  test("the commands that connect, of every forward", async () => {
    const tab = await signIn(chromium, url, "maya");
    await tab.until("document.querySelectorAll('.forward').length === 6");
    await tab.value("for (const each of document.querySelectorAll('.forward .actions .plain')) each.click()");
    expect(await tab.value("document.querySelectorAll('.command').length")).toBeGreaterThan(12);
    await judge(tab, "connect");
  });

  test("the pictures of docs/tasks/gateway-page.md, small enough for a repository", async () => {
    const tab = await signIn(chromium, url, "priya", ["admin"]);
    await tab.until("document.querySelectorAll('.forward').length === 6");
    const frame = { width: 1200, height: 900, deviceScaleFactor: 1.5, mobile: false };
    const picture = async (name: string) => {
      await tab.value("document.activeElement.blur()");
      await tab.value("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
      expect(await shoot(tab, name, "webp"), name).toBeLessThan(150_000);
    };
    for (const scheme of ["light", "dark"] as const) {
      await showAs(tab, "desktop", scheme);
      await tab.send("Emulation.setDeviceMetricsOverride", frame);
      await tab.value("scrollTo(0, 0)");
      await picture(`gateway-page-${scheme}`);
    }
    await tab.value(`${history}.click()`);
    await tab.until("document.querySelector('.details .events li') !== null");
    await showAs(tab, "desktop", "light");
    await tab.send("Emulation.setDeviceMetricsOverride", frame);
    await tab.value("document.querySelector('.details').scrollIntoView({ block: 'start' })");
    await picture("gateway-page-history");
    await showAs(tab, "phone", "dark");
    await tab.value("document.querySelector('#forward-50014 button').click()");
    await tab.value("document.getElementById('forward-50014').closest('.machine').scrollIntoView({ block: 'start' })");
    await picture("gateway-page-phone");
  });

  test("without prefers-reduced-motion a message moves, and with it nothing does", async () => {
    const tab = await signIn(chromium, url, "maya");
    const animations = async (motion: "reduce" | "no-preference") => {
      await showAs(tab, "desktop", "light", motion);
      await tab.value("document.getElementById('said').textContent = ''");
      await tab.value("document.getElementById('said').textContent = 'x'");
      return tab.value("document.getAnimations().length");
    };
    expect(await animations("no-preference")).toBe(1);
    expect(await animations("reduce")).toBe(0);
  });
});
