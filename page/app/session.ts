/** The token of this tab. */

export interface TabSession {
  token(): string | undefined;
  keep(token: string): void;
  drop(): void;
}

/** @param key its name in the tab's storage. */
export function tabSession(key: string): TabSession {
  return {
    token: () => sessionStorage.getItem(key) ?? undefined,
    keep: (token) => sessionStorage.setItem(key, token),
    drop: () => sessionStorage.removeItem(key),
  };
}

/** The code of a sign-in link, in the fragment of the URL. Taken out of the address bar and the history at once. */
export function takeCode(): string | undefined {
  const code = /^#sign-in=([A-Za-z0-9_-]+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, "", location.pathname);
  return code;
}

/** Cleans a pasted token, which may have the name of its header or line breaks. */
export const cleanToken = (text: string) =>
  text.replace(/^\s*(?:Authorization:\s*)?(?:Bearer\s+)?/i, "").replace(/\s+/g, "");
