/**
 * The Hosts page in a real browser while something goes on: starts, stops, and what fails. Hosts, prices and operations
 * are the test's own, the agent is real. The pictures of docs/tasks/hosts-page.md are copies
 * of those that this leaves in test-artifacts/.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { type PageFiles, pageAssets } from "../../../page/assets.js";
// @ts-expect-error a script without types
import { bundlePage } from "../../../scripts/bundle.mjs";
import type { AccessRow, HostItem } from "../../../ui/documents.js";
import type { Progress } from "../../../ui/server/backend.js";
import { faultsOf, inEveryView, shoot, showAs, tabTo } from "../../support/accessibility.js";
import { type Chromium, chromiumPath, startChromium, type Tab } from "../../support/chromium.js";
import { root } from "../../support/cli.js";
import { HOST, startTestUi, type TestUi } from "../support/ui-server.js";

const browser = chromiumPath();
if (browser === undefined) console.log("skipped: no Chromium on PATH");

const textOf = (selector: string) => `(document.querySelector(${JSON.stringify(selector)})?.textContent ?? "")`;

const AWS = "current on-demand price";
const HOSTS: readonly HostItem[] = [
  {
    ...HOST,
    instance_type: "g6.12xlarge",
    address: "203.0.113.20",
    up_seconds: 12_240,
    price: { usd_per_hour: 4.6016, source: AWS },
    cost_usd: 15.65,
  },
  {
    ...HOST,
    name: "accelerator-2",
    instance_type: "f2.6xlarge",
    address: "203.0.113.21",
    has_agent: false,
    up_seconds: 158_400,
    price: { usd_per_hour: 0.79, source: "current spot price" },
    cost_usd: 34.76,
    spot: true,
    ends: ["term"],
  },
  {
    ...HOST,
    name: "accelerator-3",
    instance_type: "g6.12xlarge",
    address: "",
    state: "stopped",
    price: { usd_per_hour: 4.6016, source: AWS },
    can_start: true,
  },
];
const rule = (ports: string, more: Partial<AccessRow>): AccessRow => ({
  kind: "deployment",
  who: ["lab"],
  protocol: "tcp",
  ports,
  source: "198.51.100.7/32",
  why: "allow_ports",
  ...more,
});
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const RULES: readonly AccessRow[] = [
  ...["22", "443"].map((port) =>
    rule(port, {
      kind: "lease",
      who: ["ada"],
      source: "198.51.100.77/32",
      until: inHours(7.5),
      why: "debug the build",
    }),
  ),
  ...["22", "80", "443"].map((port) => rule(port, {})),
  rule("5432", { kind: "list", who: ["office"], source: "192.0.2.0/28", why: "" }),
];

/** Each prints its progress and waits. */
const ACCELERATORS = `
accelerators:
  call-variants: { filter: [sh, -c, "echo 'reference: GRCh38, 3 099 734 149 bases' >&2; echo 'chr1: 412 118 variants' >&2; echo 'chr2: 398 540 variants' >&2; echo 'chr3: 301 277 variants' >&2; echo 'progress: 42%' >&2; exec sleep 600"], concurrency: 2 }
  compress: { filter: [tr, a-z, A-Z] }
jobs_dir: "~/jobs"
`;
const NVIDIA = [
  "0, NVIDIA L4, 00000000:38:00.0, 23034, 17480, 96, 550.90.07",
  "1, NVIDIA L4, 00000000:3A:00.0, 23034, 16212, 91, 550.90.07",
  "2, NVIDIA L4, 00000000:3C:00.0, 23034, 4, 0, 550.90.07",
  "3, NVIDIA L4, 00000000:3E:00.0, 23034, 4, 0, 550.90.07",
];

describe.runIf(browser !== undefined)("the Hosts page while something goes on", () => {
  let chromium: Chromium;
  let assets: ReturnType<typeof pageAssets>;

  beforeAll(async () => {
    assets = pageAssets((await bundlePage("ui")) as PageFiles);
    chromium = await startChromium(String(browser));
  });
  afterAll(() => chromium?.close());

  async function open(changed: Parameters<typeof startTestUi>[0]): Promise<{ ui: TestUi; tab: Tab }> {
    let tools = "";
    const arrange = (base: string) => {
      tools = join(base, "tools");
      mkdirSync(tools);
      writeFileSync(join(tools, "nvidia-smi"), `#!/bin/sh\ncat <<EOF\n${NVIDIA.join("\n")}\nEOF\n`);
      chmodSync(join(tools, "nvidia-smi"), 0o755);
    };
    // Filled in before the agent looks for its devices.
    const env = {
      get PATH() {
        return `${tools}:${process.env.PATH}`;
      },
    };
    const project = "/home/ada/variants";
    const agent = { accelerators: ACCELERATORS, arrange, env };
    const ui = await startTestUi({ project, hosts: async () => ({ hosts: HOSTS }), ...changed }, { assets, agent });
    const tab = await chromium.open(ui.server.link().url);
    await tab.until(
      "document.getElementById('signed-in').checkVisibility() && !document.getElementById('totals').hidden",
    );
    return { ui, tab };
  }

  test("a start names its price, shows its progress, and keeps both lines of its failure until they are dismissed", async () => {
    let end = (_error?: Error) => {};
    const { tab } = await open({
      start: (name: string, { onStep }: Progress) =>
        new Promise((resolve, reject) => {
          onStep(`${name} is pending`);
          end = (error) => (error === undefined ? resolve(undefined) : reject(error));
        }),
    });
    await tabTo(tab, "Start accelerator-3");
    await tab.press("Enter");
    await tab.until("document.getElementById('confirm-dialog').open");
    expect(await tab.value(textOf("#confirm-text"))).toBe(
      "accelerator-3 (g6.12xlarge) costs $4.60 an hour while it runs, $110.44 a day (current on-demand price).",
    );
    expect(await faultsOf(tab)).toEqual([]);
    await tabTo(tab, "Start");
    await tab.press("Enter");
    await tab.until(`${textOf("#operation strong")} === 'Start accelerator-3…'`);
    await tab.until(`${textOf("#operation .soft")} === 'accelerator-3 is pending'`);
    expect(
      await tab.value(
        "[...document.querySelectorAll('.host > header .actions button')].every((each) => each.disabled || each.hidden)",
      ),
    ).toBe(true);
    await inEveryView(tab, async (view) => {
      expect(await faultsOf(tab), view).toEqual([]);
      await shoot(tab, `hosts-page-starting-${view}`);
    });
    end(new Fault("x/y", "AWS has no g6.12xlarge left in us-east-1a", { hint: "try again later, or set subnet_id" }));
    await tab.until(`${textOf("#operation strong")} === 'Failed: start accelerator-3'`);
    expect(await tab.value(textOf("#operation .error"))).toBe(
      "AWS has no g6.12xlarge left in us-east-1a\ntry again later, or set subnet_id",
    );
    expect(await faultsOf(tab)).toEqual([]);
    await shoot(tab, "hosts-page-failed");
    await tabTo(tab, "Dismiss");
    await tab.press("Enter");
    expect(await tab.value("document.getElementById('operation').checkVisibility()")).toBe(false);
  });

  test("terminating is a choice of its own, and what is chosen is what happens", async () => {
    const stopped: string[] = [];
    const { tab } = await open({ stop: async (name, mode) => String(stopped.push(`${mode} ${name}`)) });
    await tabTo(tab, "Stop accelerator-1");
    await tab.press("Enter");
    await tab.until("document.getElementById('stop-dialog').open");
    expect(await tab.value(textOf("#stop-submit"))).toBe("Stop");
    await tab.press("ArrowDown");
    await tab.until(`${textOf("#stop-submit")} === 'Terminate'`);
    expect(await tab.value(textOf("#stop-text"))).toBe("accelerator-1 is terminated, with all data on its disk.");
    expect(await faultsOf(tab)).toEqual([]);
    await shoot(tab, "hosts-page-terminate");
    await tabTo(tab, "Terminate");
    await tab.press("Enter");
    await expect.poll(() => stopped).toEqual(["term accelerator-1"]);
  });

  test("no deployment, and an EC2 that does not answer, are told in two lines", async () => {
    const problem = { message: 'no hosts are deployed from "/project"', hint: 'run "sallyport up" there first' };
    const { tab } = await open({ hosts: async () => ({ hosts: [], problem }) });
    expect(await tab.value("[...document.querySelectorAll('#empty p')].map((each) => each.textContent)")).toEqual([
      problem.message,
      problem.hint,
    ]);
    expect(await faultsOf(tab)).toEqual([]);
    await shoot(tab, "hosts-page-empty");
    const [host] = HOSTS as [HostItem];
    const unseen = { ...host, state: "unknown" };
    const gone = { message: "AWS cannot be reached in us-east-1", hint: "is this machine online?" };
    const { tab: other } = await open({ hosts: async () => ({ hosts: [unseen], problem: gone }) });
    await other.until(`${textOf("#problem")} !== ''`);
    expect(await other.value(textOf("#problem"))).toBe(`${gone.message}\n${gone.hint}`);
    await other.until(`${textOf(".host .state")} === 'answers'`);
    expect(await faultsOf(other)).toEqual([]);
  });

  test("a server that has ended is named, and what was shown stays", async () => {
    const { ui, tab } = await open({});
    await ui.server.close();
    await tab.until(`${textOf("#stale")}.startsWith('What is shown may be old: the server does not answer')`);
    expect(await tab.value("document.querySelectorAll('.host').length")).toBe(3);
    expect(await faultsOf(tab)).toEqual([]);
  });

  test("the pictures of the documentation", async () => {
    const { ui, tab } = await open({
      access: async () => ({ group: "sg-0a1b2c3d4e5f60718", rules: RULES, ports: ["22", "80", "443"] }),
    });
    const { shared } = ui.agent;
    mkdirSync(join(shared, "results"));
    const sizes = {
      "GRCh38.fa": 31_000_000,
      "NA12878_R1.fq.gz": 24_800_000,
      "NA12878_R2.fq.gz": 25_100_000,
      "panel.bed": 48_200,
    };
    for (const [name, size] of Object.entries(sizes)) writeFileSync(join(shared, name), Buffer.alloc(size));
    await ui.agent.ended(await ui.agent.submit("compress", "abc"));
    const job = await ui.agent.submit("call-variants", "reads");
    await ui.agent.submit("call-variants", "reads");
    const view = async (place: string, ready: string) => {
      await tab.value(`location.hash = ${JSON.stringify(place)}`);
      await tab.until(ready);
      await tab.until(`${textOf(".facts")}.includes('2 jobs4 devices, up to 96 % busy')`);
    };
    const files = () => view("#accelerator-1/files/shared", "document.querySelectorAll('.entry').length === 5");
    const jobs = () => view(`#accelerator-1/jobs/${job}`, `${textOf(".log")}.includes('chr3')`);
    for (const scheme of ["light", "dark"] as const) {
      await showAs(tab, "desktop", scheme);
      await files();
      await picture(tab, `hosts-page-files-${scheme}`);
      await jobs();
      await picture(tab, `hosts-page-job-${scheme}`);
      await view("#accelerator-1/accelerators", "document.querySelectorAll('.load').length === 6");
      await picture(tab, `hosts-page-accelerators-${scheme}`);
      await tab.value("document.getElementById('access').scrollIntoView({ block: 'end' })");
      await picture(tab, `hosts-page-access-${scheme}`);
      await tab.value("scrollTo(0, 0)");
      await showAs(tab, "phone", scheme);
      await picture(tab, `hosts-page-phone-${scheme}`);
    }
    expect(await faultsOf(tab)).toEqual([]);
  });
});

/** For docs/images, where the chosen ones lie: small, and without the scroll bars of a desk. */
async function picture(tab: Tab, name: string): Promise<void> {
  await tab.send("Emulation.setScrollbarsHidden", { hidden: true });
  const { data } = await tab.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  mkdirSync(join(root, "test-artifacts"), { recursive: true });
  writeFileSync(join(root, "test-artifacts", `${name}.webp`), Buffer.from(data, "base64"));
}
