/**
 * The key of this browser's session, beside its cookie. All tabs of this origin share it, and pages at other ports of
 * this machine do not.
 */

const KEY = "sallyport.ui.key";

export const keptKey = () => localStorage.getItem(KEY) ?? undefined;
export const keepKey = (key: string) => localStorage.setItem(KEY, key);
export const dropKey = () => localStorage.removeItem(KEY);

/** Calls back when another tab signs in or out. */
export function onOtherTab(changed: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === KEY) changed();
  });
}
