/** Places from which a package comes without an index. Pure. */

/**
 * Whether pip finds it on this machine. Other places are URLs, `git@host:path`, and variables, which may hold a URL. A
 * drive such as `C:` is none of them.
 */
export const isLocal = (text: string) =>
  /^file:/i.test(text) || !/^(?:[a-z][a-z0-9+.-]+:|[\w.-]+@[\w.-]+:|\$\{)/i.test(text);

/** A "@" behind the host is none: without `evil?@`, `https://evil?@mirror/` would be a URL of the mirror. */
export const withoutPassword = (url: string) => url.replaceAll(/((?:^|:)[/\\]{2,}|https?:[/\\]+)[^/?#\\\s]*@/gi, "$1");
