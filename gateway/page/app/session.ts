/** The token of this tab. */

const KEY = "sallyport.token";

export const keptToken = () => sessionStorage.getItem(KEY) ?? undefined;
export const keepToken = (token: string) => sessionStorage.setItem(KEY, token);
export const dropToken = () => sessionStorage.removeItem(KEY);

/** Cleans a pasted token, which may have the name of its header or line breaks. */
export const cleanToken = (text: string) =>
  text.replace(/^\s*(?:Authorization:\s*)?(?:Bearer\s+)?/i, "").replace(/\s+/g, "");
