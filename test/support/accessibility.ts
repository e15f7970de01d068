/** Judges a page in the browser: axe-core, the keyboard, and widths that cut something off. For every page of the kit. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Tab } from "./chromium.js";
import { root } from "./cli.js";

const ARTIFACTS = join(root, "test-artifacts");

const DEVICES = {
  desktop: { width: 1440, height: 900, deviceScaleFactor: 1, mobile: false },
  phone: { width: 390, height: 844, deviceScaleFactor: 2, mobile: true },
  /** 200 % on the desktop (WCAG 2.2, 1.4.4). */
  zoomed: { width: 720, height: 450, deviceScaleFactor: 2, mobile: false },
} as const;
type Device = keyof typeof DEVICES;
type Scheme = "light" | "dark";

/** Emulates a device and a colour scheme; motion is reduced by default. */
export async function showAs(tab: Tab, device: Device, scheme: Scheme, motion: "reduce" | "no-preference" = "reduce") {
  const features = [
    { name: "prefers-color-scheme", value: scheme },
    { name: "prefers-reduced-motion", value: motion },
  ];
  await tab.send("Emulation.setEmulatedMedia", { features });
  await tab.send("Emulation.setDeviceMetricsOverride", DEVICES[device]);
  await tab.send("Emulation.setScrollbarsHidden", { hidden: true });
}

/** Calls `look` on a desk, a phone and a zoomed desk, in light and dark. @param look its argument: "phone-dark". */
export async function inEveryView(tab: Tab, look: (view: string) => Promise<void>): Promise<void> {
  for (const device of Object.keys(DEVICES) as Device[]) {
    for (const scheme of ["light", "dark"] as const) {
      await showAs(tab, device, scheme);
      await look(`${device}-${scheme}`);
    }
  }
  await tab.send("Emulation.clearDeviceMetricsOverride");
}

/** @returns what is wrong with what is shown now: the violations of axe-core, and what the window cuts off. */
export async function faultsOf(tab: Tab): Promise<string[]> {
  if (!(await tab.value("typeof axe === 'object'"))) await tab.value(`${axe.source}; undefined`);
  return [...(await tab.value(AXE)), ...(await tab.value(CUT_OFF))];
}

interface TabStop {
  /** Its accessible name, or its text. */
  readonly name: string;
  /** It has a ring of 2 pixels or more, and lies in the window, with nothing over it. */
  readonly isSeen: boolean;
}

/** Presses Tab from the beginning of the page, or of the dialog that is open, until the focus is there again. */
export async function tabStops(tab: Tab): Promise<TabStop[]> {
  await tab.value(TO_THE_BEGINNING);
  const stops: TabStop[] = [];
  for (;;) {
    const stop = await tab.value(FOCUSED);
    if (stop.isFirst && stops.length > 0) return stops;
    if (stops.length > 500) throw new Error("Tab does not come back to the beginning");
    if (stop.name !== undefined) stops.push({ name: stop.name, isSeen: stop.isSeen });
    await tab.press("Tab");
  }
}

/** Presses Tab until the focus is on the element whose name begins so. */
export async function tabTo(tab: Tab, name: string): Promise<void> {
  for (let presses = 0; presses < 200; presses += 1) {
    if ((await tab.value(FOCUSED)).name?.startsWith(name)) return;
    await tab.press("Tab");
  }
  throw new Error(`Tab does not lead to "${name}"`);
}

/** Keeps a picture of what is shown now in test-artifacts/. @returns its size in bytes. */
export async function shoot(tab: Tab, name: string, format: "png" | "webp" = "png"): Promise<number> {
  mkdirSync(ARTIFACTS, { recursive: true });
  const picture = await tab.screenshot(format);
  writeFileSync(join(ARTIFACTS, `${name}.${format}`), picture);
  return picture.length;
}

const AXE = `axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    id + " at " + target.join(" ") + ": " + failureSummary.split("\\n").slice(1).map((line) => line.trim()).join("; "))))`;

/** The page never scrolls sideways. Parts that scroll by themselves may be wider than the window. */
const CUT_OFF = `(() => {
  const scrolls = (element) => element.parentElement?.closest("[data-scrolls], pre, svg") != null;
  const cut = [...document.querySelectorAll("body *")].filter((element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || scrolls(element) || element.closest(".unseen, .skip")) return false;
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && (left < -0.5 || right > document.documentElement.clientWidth + 0.5);
  });
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["the page scrolls sideways"] : [];
  return [...wide, ...cut.map((element) => "cut off: " + element.tagName + " " + (element.id || element.className) + " " + element.textContent.slice(0, 40))];
})()`;

const FOCUSABLE = `(document.querySelector("dialog[open]") ?? document).querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")`;

const TO_THE_BEGINNING = `[...${FOCUSABLE}].find((element) => element.checkVisibility() && !element.disabled)?.focus({ focusVisible: true })`;

const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return { isFirst: false };
  const first = [...${FOCUSABLE}].find((each) => each.checkVisibility() && !each.disabled);
  // What draws a control of its own has the ring on its next sibling.
  const drawn = getComputedStyle(element).opacity === "0" ? element.nextElementSibling : element;
  const style = getComputedStyle(drawn);
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const at = document.elementFromPoint((left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
  const isOver = at !== null && (element.contains(at) || at.contains(element) || [...(element.labels ?? [])].some((label) => label.contains(at)));
  const hasRing = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
  return { isFirst: element === first, name: name.trim().replace(/\\s+/g, " ") || element.id, isSeen: hasRing && isOver && bottom > 0 && top < innerHeight };
})()`;
