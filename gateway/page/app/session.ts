/** Who is signed in, in this tab only. */

const KEY = "sallyport.token";

export const keptToken = () => sessionStorage.getItem(KEY) ?? undefined;
export const keepToken = (token: string) => sessionStorage.setItem(KEY, token);
export const dropToken = () => sessionStorage.removeItem(KEY);

/** What people paste: a token, perhaps with the name of its header, in one line or broken into several. */
export const cleanToken = (text: string) =>
  text.replace(/^\s*(?:Authorization:\s*)?(?:Bearer\s+)?/i, "").replace(/\s+/g, "");
