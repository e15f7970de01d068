/** The Hosts page in a real browser, in front of a real agent and an emulated EC2. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOf, inEveryView, shoot, tabStops, tabTo } from "../../support/accessibility.js";
import { type Chromium, chromiumPath, startChromium, type Tab } from "../../support/chromium.js";
import { type Moto, startMoto } from "../../support/moto.js";
import { startDeployment, type TestDeployment } from "../support/deployment.js";
import { startUiCommand, type UiCommand } from "../support/ui-command.js";

const browser = chromiumPath();
if (browser === undefined) console.log("skipped: no Chromium on PATH");

/** As text, neither markup nor a turn of the reading direction. */
const HOSTILE = "<img src=x onerror=window.hit=1> \u202egnp.exe";
const SHOWN = "<img src=x onerror=window.hit=1> \\u202egnp.exe";
const CARDS = "[...document.querySelectorAll('.host')]";
const textOf = (selector: string) => `(document.querySelector(${JSON.stringify(selector)})?.textContent ?? '')`;
const textsOf = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.textContent)`;

describe.runIf(browser !== undefined)("the Hosts page", () => {
  let moto: Moto;
  let deployment: TestDeployment;
  let chromium: Chromium;
  let ui: UiCommand;
  let tab: Tab;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sallyport-ui-"));
    moto = await startMoto();
    deployment = await startDeployment(dir, moto);
    const { shared } = deployment.agent;
    mkdirSync(join(shared, "results"));
    writeFileSync(join(shared, "reads.fq"), Buffer.alloc(48_200_000));
    writeFileSync(join(shared, "model.bin"), Buffer.alloc(1_310_000));
    writeFileSync(join(shared, "results", "run-1.csv"), "a,b\n");
    writeFileSync(join(shared, HOSTILE), "content");
    chromium = await startChromium(String(browser));
    ui = await startUiCommand(deployment.project, deployment.env);
    tab = await chromium.open(ui.url);
    await tab.until(`${CARDS}.length === 3`);
    await tab.until(`${CARDS}[1].querySelector('.error').textContent !== ''`);
  });
  afterAll(async () => {
    await chromium?.close();
    expect(await ui?.stop()).toBe(0);
    await deployment?.stop();
    await moto?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test("the link leaves the address bar and the history, and no secret is in reach of a script or in the output", async () => {
    const [address] = ui.url.split("#");
    expect(await tab.value("[location.href, history.length]")).toEqual([address, 2]);
    const { cookies } = await tab.send("Network.getCookies");
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict", path: "/" }]);
    expect(await tab.value("localStorage.length + sessionStorage.length")).toBe(1);
    expect(ui.stderr()).toBe("");
    const again = await chromium.open(ui.url);
    await again.until(`${textOf("#login-error")} !== ''`);
    expect(await again.value(textOf("#login-error"))).toMatch(/^this link was used already/);
    expect(await faultsOf(again)).toEqual([]);
  });

  test("hosts with their state, cost and what they are busy with; what is wrong in two lines", async () => {
    expect(await tab.value(textsOf(".host .state"))).toEqual(["running", "running, does not answer", "stopped"]);
    expect(await tab.value(textOf("#summary"))).toBe("2 running, 1 stopped");
    expect(await tab.value(textsOf("#totals dt"))).toEqual(["Cost per hour", "Cost so far", "accelerator-hosts"]);
    expect(await tab.value(textOf("#totals dd"))).toBe("$2.78without disk and traffic");
    expect(await tab.value(textsOf(".host:first-child .facts dt"))).toEqual([
      "Up",
      "Idle",
      "Cost per hour",
      "Cost so far",
      "In use",
    ]);
    const [fact, hint] = (await tab.value(textOf(".host:nth-child(2) .error"))).split("\n");
    expect(fact).toMatch(/^"127\.0\.0\.1:\d+" refused the connection$/);
    expect(hint).toMatch(/^the host is there, but nothing listens on this port/);
    expect(tab.complaints).toEqual([]);
  });

  test("by the keyboard alone: browse, download, remove, and back", async () => {
    await tabTo(tab, "Files of accelerator-1");
    await tab.press("Enter");
    await tab.until(`${textsOf(".entry-name")}.join() === 'shared,data'`);
    await tabTo(tab, "shared");
    await tab.press("Enter");
    await tab.until(`${textsOf(".entry-name")}.length === 4`);
    expect(await tab.value(textsOf(".entry-name"))).toEqual(["results", SHOWN, "model.bin", "reads.fq"]);
    expect(await tab.value("[typeof window.hit, document.querySelectorAll('.entry img').length]")).toEqual([
      "undefined",
      0,
    ]);
    await download(tab, dir);
    await tabTo(tab, `Download ${SHOWN}`);
    await tab.press("Enter");
    await expect.poll(() => readDownload(dir)).toBe("content");
    await tabTo(tab, `Remove ${SHOWN}`);
    await tab.press("Enter");
    await tab.until("document.getElementById('confirm-dialog').open");
    expect(await faultsOf(tab)).toEqual([]);
    await tabTo(tab, "Remove");
    await tab.press("Enter");
    await tab.until(`${textsOf(".entry-name")}.length === 3`);
    await tabTo(tab, "results");
    await tab.press("Enter");
    await tab.until(`${textsOf(".entry-name")}.join() === 'run-1.csv'`);
    await tab.value("history.back()");
    await tab.until(`${textsOf(".entry-name")}.length === 3`);
    expect(await tab.value("decodeURIComponent(location.hash)")).toBe("#accelerator-1/files/shared");
  });

  test("files that are dropped are uploaded; one that is there is replaced only after a question", async () => {
    await drop(tab, ".files", { "run-2.csv": "new", "model.bin": "replaced" });
    await tab.until("document.getElementById('confirm-dialog').open");
    await tab.until(`${textsOf(".entry-name")}.includes('run-2.csv')`);
    expect(readFileSync(join(deployment.agent.shared, "run-2.csv"), "utf8")).toBe("new");
    expect(readFileSync(join(deployment.agent.shared, "model.bin")).length).toBe(1_310_000);
    expect(await tab.value(textOf("#confirm-text"))).toBe("model.bin");
    await tabTo(tab, "Replace");
    await tab.press("Enter");
    await expect.poll(() => readFileSync(join(deployment.agent.shared, "model.bin"), "utf8")).toBe("replaced");
    await tab.value("location.hash = '#accelerator-1/files/data'");
    await tab.until(`${textOf(".file-list .soft")} === 'This directory is empty.'`);
    await drop(tab, ".files", { "x.csv": "new" });
    await tab.until(`${textOf(".files > .error")}.startsWith('nothing can be uploaded here')`);
    writeFileSync(join(deployment.agent.shared, "model.bin"), Buffer.alloc(1_310_000));
  });

  test("a directory of many files is shown in parts, and filtered", async () => {
    const many = join(deployment.agent.shared, "many");
    mkdirSync(many);
    for (let index = 0; index < 5_000; index += 1)
      writeFileSync(join(many, `part-${String(index).padStart(4, "0")}`), "");
    await tab.value("location.hash = '#accelerator-1/files/shared/many'");
    await tab.until(`${textsOf(".entry-name")}.length === 200`);
    expect(await tab.value(textOf(".file-list > .soft"))).toBe("200 of 5000 are shown");
    await tabTo(tab, "Filter files by name");
    await tab.type("part-4999");
    await tab.until(`${textsOf(".entry-name")}.join() === 'part-4999'`);
  });

  test("a job is followed while it runs, with what it writes, and cancelled", async () => {
    await deployment.agent.ended(await deployment.agent.submit("upper", "abc"));
    await deployment.agent.ended(await deployment.agent.submit("fail"));
    await deployment.agent.submit("slow");
    await tabTo(tab, "Jobs of accelerator-1");
    await tab.press("Enter");
    await tab.until(`${textsOf(".job .job-state")}.join() === 'running,failed,done'`);
    await tabTo(tab, "slow");
    await tab.press("Enter");
    await tab.until(`${textOf(".job-view .soft.small")}.includes('42 %')`);
    await shoot(tab, "hosts-page-job");
    expect(await faultsOf(tab)).toEqual([]);
    await tabTo(tab, "Cancel the job");
    await tab.press("Enter");
    await tab.until(`${textOf(".job-view .job-state")} === 'cancelled'`);
    await tab.until(`${textsOf(".job .job-state")}.join() === 'cancelled,failed,done'`);
  });

  test("access: who, until when and why; let someone in, and end it, after a question where it is one's own", async () => {
    await tab.until(`${textsOf("#rule-rows th bdi")}.length === 4`);
    expect(await tab.value(textsOf("#rule-rows th"))).toEqual([
      "gracefor a time",
      "sallyportsallyport.yaml",
      "address-apifollows a list",
      "someone elsenot made by sallyport",
    ]);
    expect(await tab.value(textsOf("#rule-rows td[data-label=Why]"))).toEqual([
      "pair programming",
      "allow_ports",
      "of the office",
      "monitoring, by hand",
    ]);
    await tabTo(tab, "Let someone in");
    await tab.press("Enter");
    await tab.until("document.getElementById('grant-dialog').open");
    await tab.type("ada");
    await tab.press("Tab");
    await tab.type("0.0.0.0/0");
    await tab.press("Enter");
    await tab.until(`${textOf("#grant-error")} !== ''`);
    expect(await tab.value(textOf("#grant-error"))).toMatch(/^a lease for "0\.0\.0\.0\/0" would let in everybody\n/);
    expect(await faultsOf(tab)).toEqual([]);
    await tab.value("document.getElementById('grant-from').select()");
    await tab.type("198.51.100.20");
    await tab.value("document.getElementById('grant-why').focus()");
    await tab.type("debug the build");
    await shoot(tab, "hosts-page-grant");
    await tab.press("Enter");
    await tab.until(`${textsOf("#rule-rows th bdi")}.includes('ada')`);
    await expect
      .poll(async () => (await moto.raw.rules(deployment.group)).map(({ description }) => description))
      .toContainEqual(expect.stringMatching(/^sallyport:access until=\S+Z for=ada debug the build$/));
    await tabTo(tab, "End access of ada");
    await tab.press("Enter");
    await tab.until("document.getElementById('confirm-dialog').open");
    await tabTo(tab, "End access");
    await tab.press("Enter");
    await tab.until(`!${textsOf("#rule-rows th bdi")}.includes('ada')`);
  });

  test("no violation of axe-core in any view; the focus is seen at each stop", async () => {
    await tab.value("scrollTo(0, 0)");
    for (const place of [
      "",
      "#accelerator-1/files/shared",
      "#accelerator-1/jobs",
      "#accelerator-1/accelerators",
      "#accelerator-1/connect",
    ]) {
      await tab.value(`location.hash = ${JSON.stringify(place)}`);
      await tab.until(place === "" ? "true" : "document.querySelector('.panel:not(:empty)') !== null");
      const name = `hosts-page-${place.split("/")[1] ?? "closed"}`;
      await inEveryView(tab, async (view) => {
        expect(await faultsOf(tab), `${name} ${view}`).toEqual([]);
        await shoot(tab, `${name}-${view}`);
      });
    }
    // What was said last lies over the bottom of the page for a moment.
    await tab.until(`${textOf("#said")} === ''`);
    const stops = await tabStops(tab);
    expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
    await tab.value("document.querySelector('.host .actions button').click()");
    await inEveryView(tab, async (view) => {
      expect(await faultsOf(tab), `stop ${view}`).toEqual([]);
      await shoot(tab, `hosts-page-stop-${view}`);
    });
    await tab.press("Escape");
  });

  test("a second tab needs no link; signing out in one signs out both", async () => {
    const other = await chromium.open(ui.url.split("#")[0] ?? "", tab.profile);
    await other.until(`${CARDS}.length === 3`);
    await other.value("document.getElementById('sign-out').click()");
    await tab.until("document.getElementById('login').checkVisibility()");
    expect(await tab.value("localStorage.length")).toBe(0);
  });
});

/** Chromium keeps what it downloads below `dir`. */
async function download(tab: Tab, dir: string): Promise<void> {
  await tab.send("Browser.setDownloadBehavior", {
    behavior: "allowAndName",
    downloadPath: join(dir, "downloads"),
    browserContextId: tab.profile,
  });
}

async function readDownload(dir: string): Promise<string | undefined> {
  const { readdirSync } = await import("node:fs");
  try {
    const [name = ""] = readdirSync(join(dir, "downloads")).filter((each) => !each.endsWith(".crdownload"));
    return readFileSync(join(dir, "downloads", name), "utf8");
  } catch {
    return undefined;
  }
}

/** Drops files as a hand does. */
async function drop(tab: Tab, selector: string, files: Readonly<Record<string, string>>): Promise<void> {
  await tab.value(`(() => {
    const data = new DataTransfer();
    for (const [name, content] of Object.entries(${JSON.stringify(files)})) data.items.add(new File([content], name));
    const target = document.querySelector(${JSON.stringify(selector)});
    for (const type of ["dragenter", "dragover", "drop"]) target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  })()`);
}
