/** The token of this tab. */

const KEY = "sallyport.token";

export const keptToken = () => sessionStorage.getItem(KEY) ?? undefined;
export const keepToken = (token: string) => sessionStorage.setItem(KEY, token);
export const dropToken = () => sessionStorage.removeItem(KEY);

/** The code of a sign-in link, in the fragment of the URL. Taken out of the address bar and the history at once. */
export function takeCode(): string | undefined {
  const code = /^#sign-in=([A-Za-z0-9_-]+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, "", location.pathname);
  return code;
}

/** Cleans a pasted token, which may have the name of its header or line breaks. */
export const cleanToken = (text: string) =>
  text.replace(/^\s*(?:Authorization:\s*)?(?:Bearer\s+)?/i, "").replace(/\s+/g, "");
