/** The page in a real browser, against a real gateway in front of a real (small) lab. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { NetNamespace } from "../../../local/network/net-namespace.js";
import { type PageFiles, pageAssets } from "../../../page/assets.js";
// @ts-expect-error a script without types
import { bundlePage } from "../../../scripts/bundle.mjs";
import { showAs, tabTo } from "../../support/accessibility.js";
import { type Chromium, chromiumPath, startChromium, type Tab } from "../../support/chromium.js";
import { type NamespacedGateway, startTestGateway, tokenOf } from "../support/gateway.js";
import { signIn } from "./sign-in.js";

const support = await namespaceSupport();
const browser = chromiumPath();
const missing =
  typeof support === "string"
    ? support
    : process.getuid?.() !== 0
      ? "not root"
      : browser === undefined
        ? "no Chromium on PATH"
        : undefined;
if (missing !== undefined) console.log(`skipped: ${missing}`);

/** Each word of the commands that are shown, and over how many lines it goes. */
const LINES_OF_WORDS = `(() => {
  const found = [];
  for (const code of document.querySelectorAll(".command code")) {
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode())
      for (const { 0: word, index } of text.data.matchAll(/\\S+/g)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        found.push([word, new Set([...range.getClientRects()].map(({ top }) => top)).size]);
      }
  }
  return found;
})()`;
const HOSTILE = "<img src=x onerror=window.hit=1>";

describe.runIf(missing === undefined)("the gateway's page", () => {
  let gateway: NamespacedGateway;
  let lab: NetNamespace;
  let chromium: Chromium;
  let url: string;

  beforeAll(async () => {
    gateway = await startTestGateway({ assets: pageAssets((await bundlePage("gateway")) as PageFiles) });
    lab = await NetNamespace.open("lab");
    const peer = ["peer", "name", "eth0", "netns", String(lab.pid)];
    await gateway.namespace.runOk("ip", ["link", "add", "lan0", "type", "veth", ...peer]);
    await gateway.namespace.runOk("ip", ["address", "add", "192.168.1.1/24", "dev", "lan0"]);
    await gateway.namespace.runOk("ip", ["link", "set", "lan0", "up"]);
    await lab.runOk("ip", ["address", "add", "192.168.1.11/24", "dev", "eth0"]);
    await lab.runOk("ip", ["link", "set", "eth0", "up"]);
    chromium = await startChromium(String(browser));
    url = `https://127.0.0.1:${gateway.port}/`;
  });
  afterAll(async () => {
    await chromium?.close();
    await gateway?.stop();
    await lab?.close();
  });

  const signedIn = (user: string) => signIn(chromium, url, user);

  const make = async (user: string, name: string, last: number, port: number) => {
    const body = {
      target_name: name,
      target_addr: `192.168.1.${last}`,
      target_port: port,
      target_component: port === 3389 ? "Windows" : "CentOS",
    };
    const { status, json } = await gateway.ask("/v1/forwards", { method: "POST", token: await tokenOf(user), body });
    expect(status).toBe(201);
    return json.conn_port as number;
  };

  const focused = (tab: Tab) =>
    tab.value("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id");

  test("by the keyboard alone: sign in, add a forward, see it alive, read how to connect, remove it", async () => {
    const tab = await signedIn("ada");
    expect(await tab.value("document.getElementById('who').textContent")).toBe("ada");
    expect(await tab.value("document.getElementById('until').textContent")).toMatch(/, in (1 hour|59 minutes)$/);
    expect(await tab.value("document.getElementById('empty').textContent")).toMatch(/^No machines yet/);
    await tabTo(tab, "Add forward");
    await tab.press("Enter");
    expect(await focused(tab)).toBe("target_name");
    const fields = ["build1", "192.168.2.11", "CentOS", "22"];
    for (const [index, text] of fields.entries()) {
      if (index > 0) await tab.press("Tab");
      await tab.type(text);
    }
    await tab.press("Enter");
    // The gateway's own words, beside the field that they are about, which has the focus.
    await tab.until("document.getElementById('target_addr-error').textContent !== ''");
    expect(await tab.value("document.getElementById('target_addr-error').textContent")).toBe(
      'target_addr is "192.168.2.11": it must be an address within 192.168.1.0/24 or fd00:1::/64',
    );
    expect(await focused(tab)).toBe("target_addr");
    expect(await tab.value("document.activeElement.getAttribute('aria-invalid')")).toBe("true");
    await tab.value("document.activeElement.select()");
    await tab.type("192.168.1.11");
    await tab.press("Enter");
    await tab.until("!document.getElementById('add-dialog').open");
    await tab.until("document.activeElement.getAttribute('aria-label')?.startsWith('Connect')");
    expect(await tab.value("document.getElementById('said').textContent")).toBe(
      "Port 50000 of the gateway leads to build1.",
    );
    expect(await focused(tab)).toBe("Connect to port 22 of build1 by port 50000");
    await tab.press("Enter");
    expect(await tab.value("[...document.querySelectorAll('.command code')].map((each) => each.textContent)")).toEqual([
      `sallyport connect --gateway ${url.slice(0, -1)} --name build1 --protocol ssh --conn-port 50000`,
      "ssh -p 50000 USER@198.51.100.1",
      "scp -P 50000 FILE USER@198.51.100.1:",
    ]);
    // The worker looks for it, and the page finds out by itself; the focus stays where it is.
    await tab.until("document.querySelector('.state')?.textContent === 'alive'");
    expect(await focused(tab)).toBe("Connect to port 22 of build1 by port 50000");
    await tab.press("Tab");
    expect(await focused(tab)).toBe("Remove port 50000, to port 22 of build1");
    await tab.press("Enter");
    await tab.until("document.getElementById('remove-dialog').open");
    await tab.press("Escape");
    await tab.until("!document.getElementById('remove-dialog').open");
    expect(await focused(tab)).toBe("Remove port 50000, to port 22 of build1");
    await tab.press("Enter");
    await tab.until("document.getElementById('remove-dialog').open");
    await tab.press("Tab");
    await tab.press("Enter");
    await tab.until("document.querySelectorAll('.forward').length === 0");
    await tab.until("document.getElementById('said').textContent === 'Port 50000 is closed.'");
    expect(await gateway.gateway.forwards.list()).toEqual([]);
    expect(tab.complaints.filter((text) => !/422/.test(text))).toEqual([]);
  });

  test("machines that are alive and not, and the filter", async () => {
    await make("grace", "build1", 11, 22);
    await make("grace", "build1", 11, 443);
    await make("grace", "win10", 12, 3389);
    const tab = await signedIn("grace");
    await tab.until("document.querySelectorAll('.state.good').length === 1");
    await tab.until("document.querySelectorAll('.state.bad').length === 1");
    expect(await tab.value("[...document.querySelectorAll('.state')].map((each) => each.textContent)")).toEqual([
      "alive",
      "not alive",
    ]);
    expect(await tab.value("document.getElementById('summary').textContent")).toBe("2 machines, 1 alive, 3 forwards");
    expect(await tab.value("document.querySelector('.sparkline').getAttribute('aria-label')")).toBe(
      "no traffic in the last hour",
    );
    expect(await tab.value("[...document.querySelectorAll('.commands')].some((each) => each.checkVisibility())")).toBe(
      false,
    );
    await tab.value("document.getElementById('filter').focus()");
    await tab.type("win10");
    await tab.until("document.querySelectorAll('.machine').length === 1");
    expect(await tab.value("document.querySelector('.machine h3').textContent")).toBe("win10");
    await tab.type(" nothing");
    await tab.until("document.getElementById('empty').textContent === 'Nothing matches the filter.'");
    expect(tab.complaints).toEqual([]);
  });

  test("G-08: a sign-in link signs in once, and leaves the address bar and the history", async () => {
    const { json } = await gateway.ask("/v1/sign-in", { method: "POST", token: await tokenOf("linus") });
    const link = `${url}#sign-in=${json.code}`;
    const tab = await chromium.open(link);
    await tab.until("document.getElementById('who').textContent === 'linus'");
    expect(await tab.value("[location.href, history.length]")).toEqual([url, 2]);
    const again = await chromium.open(link);
    await again.until("document.getElementById('login-error').textContent !== ''");
    expect(await again.value("document.getElementById('login-error').textContent")).toMatch(
      /^this link was used already/,
    );
    expect(await again.value("sessionStorage.length")).toBe(0);
  });

  test("G-08: on a phone, an unused forward has no chart, Remove is the lighter button, and no command breaks in a word", async () => {
    await make("hedy", "a-machine-with-a-long-name", 11, 22);
    const tab = await signedIn("hedy");
    await showAs(tab, "phone", "light");
    await tab.until("document.querySelectorAll('.forward').length === 1");
    expect(await tab.value("document.querySelector('.sparkline').checkVisibility()")).toBe(false);
    const edges =
      "[...document.querySelectorAll('.forward .actions button')].map((each) => getComputedStyle(each).borderTopColor)";
    const [connect, remove] = await tab.value(edges);
    expect(connect).not.toMatch(/transparent|, 0\)$/);
    expect(remove).toMatch(/transparent|, 0\)$/);
    await tab.value("document.querySelector('.forward .actions button').click()");
    const lines = await tab.value(LINES_OF_WORDS);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter(([, count]: [string, number]) => count !== 1)).toEqual([]);
  });

  test("a user sees no other's forwards; every control has a name", async () => {
    const tab = await signedIn("eve");
    expect(await tab.value("document.querySelectorAll('.forward').length")).toBe(0);
    const { nodes } = await tab.send("Accessibility.getFullAXTree");
    const controls = nodes.filter((node: { role?: { value: string } }) =>
      ["button", "textbox", "searchbox", "combobox", "link"].includes(node.role?.value ?? ""),
    );
    expect(controls.length).toBeGreaterThan(2);
    expect(controls.filter((node: { name?: { value: string } }) => !node.name?.value)).toEqual([]);
  });

  test("a name is text, whatever is in it", async () => {
    const refused = await gateway.ask("/v1/forwards", {
      method: "POST",
      token: await tokenOf("mallory"),
      body: { target_name: HOSTILE, target_addr: "192.168.1.11", target_port: 22, target_component: "x" },
    });
    expect(refused.status).toBe(422);
    // Bypasses the check, as anyone with the database's password can.
    const request = { protocol: "tcp", targetAddr: "192.168.1.11", targetPort: 22, sources: [] } as const;
    const names = { targetName: HOSTILE, targetComponent: `"'></script>${HOSTILE}`, owner: "mallory" };
    await gateway.gateway.forwards.create({ ...request, ...names });
    const tab = await signedIn("mallory");
    await tab.until("document.querySelectorAll('.forward').length === 1");
    expect(await tab.value("document.querySelector('.machine h3').textContent")).toBe(HOSTILE);
    expect(await tab.value("document.querySelectorAll('.machine img, .machine script').length")).toBe(0);
    await tab.value("document.querySelectorAll('.forward .actions button')[1].click()");
    expect(await tab.value("document.getElementById('remove-text').textContent")).toContain(HOSTILE);
    expect(await tab.value("window.hit")).toBeUndefined();
    expect(tab.complaints).toEqual([]);
  });

  test("a token that is not good is refused in the gateway's words, and not kept", async () => {
    const tab = await chromium.open(url);
    await tab.until("document.activeElement.id === 'token'");
    await tab.type("not.a.token");
    await tab.press("Enter");
    await tab.until("document.getElementById('login-error').textContent !== ''");
    expect(await tab.value("document.getElementById('login-error').textContent")).toBe("Invalid auth token supplied");
    expect(await tab.value("sessionStorage.length + localStorage.length + document.cookie.length")).toBe(0);
  });

  test("signing out forgets the token; a reload keeps it", async () => {
    const tab = await signedIn("ada");
    await tab.send("Page.reload");
    await tab.until("document.getElementById('who').textContent === 'ada' && !document.getElementById('lab').hidden");
    await tab.value("document.getElementById('sign-out').click()");
    expect(await tab.value("sessionStorage.length")).toBe(0);
    expect(await tab.value("document.getElementById('login').checkVisibility()")).toBe(true);
    expect(await tab.value("document.getElementById('lab').checkVisibility()")).toBe(false);
    expect(await tab.value("document.getElementById('session').checkVisibility()")).toBe(false);
  });

  test.each(["/", "/app.js", "/app.css", "/favicon.svg"])("%s comes with the strictest headers", async (path) => {
    const { status, headers } = await gateway.ask(path);
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });
});
