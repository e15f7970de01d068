import type { Chromium, Tab } from "../../support/chromium.js";
import { tokenOf } from "../support/gateway.js";

/** Opens the page and signs in by the keyboard. */
export async function signIn(
  chromium: Chromium,
  url: string,
  user: string,
  scopes?: Parameters<typeof tokenOf>[1],
): Promise<Tab> {
  const tab = await chromium.open(url);
  await tab.until("document.activeElement.id === 'token'");
  await tab.type(await tokenOf(user, scopes));
  await tab.press("Enter");
  await tab.until("document.getElementById('lab').checkVisibility()");
  return tab;
}
