/**
 * Paths below an npm repository in one spelling: a scoped name is one segment, `@scope%2fname`, where clients also
 * write `@scope/name`, and there is no slash at the end. Pure.
 */
export function npmPath(path: string): string {
  return path.replace(/(.)\/$/, "$1").replace(SCOPED, "$1/$2%2f$3");
}

const SCOPED = /^(\/-\/package)?\/((?:@|%40)(?:(?!%2f)[^/])+)\/([^/]+)/i;
