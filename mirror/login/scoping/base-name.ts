/** The name of a program, from any platform's path to it. */
export const baseName = (path: string) => (path.split(/[/\\]/).at(-1) ?? "").replace(/\.exe$/i, "");
